#include "dmf/pgstore/database_schema.h"

#include <cstdlib>

namespace dmf::pgstore {
namespace {

constexpr const char* kFormat = "1";
// A vector in the row itself is read with it; one that is put aside is looked up for each comparison.
constexpr int64_t kMostInRow = 1900;
constexpr int64_t kMaking = 0x646D6667;  // advisory lock: who makes galleries

void check_extension(Connection& connection) {
  const Rows rows = connection.run("SELECT 1::bigint FROM pg_extension WHERE extname = 'vector'");
  DMF_CHECK(
      rows.count() == 1, DataError,
      "{}: the database has no extension 'vector' (pgvector); hint: install it on the server, then as its "
      "superuser CREATE EXTENSION vector",
      connection.place());
}

void make_extension(Connection& connection) {
  if (connection.run("SELECT 1::bigint FROM pg_extension WHERE extname = 'vector'").count() == 1) return;
  if (connection.run("SELECT 1::bigint FROM pg_available_extensions WHERE name = 'vector'").count() == 1)
    connection.run("CREATE EXTENSION vector WITH SCHEMA public");
  check_extension(connection);
  connection.prepare_session();
}

}  // namespace

bool has_gallery(Connection& connection) {
  const Rows rows =
      connection.run("SELECT 1::bigint FROM pg_tables WHERE schemaname = $1 AND tablename = 'properties'",
                     {of(connection.name())});
  return rows.count() == 1;
}

void create_gallery(Connection& connection, const search::GalleryKind& kind) {
  DMF_CHECK(kind.width > 0 && kind.width <= kMostNumbers, InvalidArgument,
            "{}: vectors of {} numbers; the database holds up to {}", connection.place(), kind.width,
            kMostNumbers);
  connection.transaction([&] {
    connection.run("SELECT pg_advisory_xact_lock($1)", {of(kMaking)});
    if (has_gallery(connection)) return;
    make_extension(connection);
    connection.run("CREATE SCHEMA IF NOT EXISTS " + connection.schema());
    connection.run("CREATE TABLE properties (name text PRIMARY KEY, value text NOT NULL)");
    connection.run(fmt::format(
        "CREATE TABLE crops (id bigserial PRIMARY KEY, source text UNIQUE, version text NOT NULL, camera "
        "text NOT "
        "NULL, time bigint, identity text NOT NULL, tags text[] NOT NULL, embedding vector({}) NOT NULL)",
        kind.width));
    if (kind.width <= kMostInRow)
      connection.run("ALTER TABLE crops ALTER COLUMN embedding SET STORAGE PLAIN");
    connection.run("CREATE INDEX crops_camera ON crops (camera)");
    connection.run("CREATE INDEX crops_time ON crops (time)");
    connection.run("CREATE INDEX crops_identity ON crops (identity)");
    connection.run("CREATE INDEX crops_tags ON crops USING gin (tags)");
    connection.run(
        "CREATE TABLE thumbnails (id bigint PRIMARY KEY REFERENCES crops ON DELETE CASCADE, jpeg bytea NOT "
        "NULL)");
    for (const auto& [key, value] : {std::pair<std::string, std::string>{"format", kFormat},
                                     {"model", kind.model},
                                     {"width", std::to_string(kind.width)},
                                     {"deleted_rows", "0"}})
      write_property(connection, key, value);
  });
}

search::GalleryKind read_kind(Connection& connection) {
  DMF_CHECK(has_gallery(connection), DataError, "{}: no gallery; hint: `dmf index add` makes one",
            connection.place());
  check_extension(connection);
  const std::string format = read_property(connection, "format");
  DMF_CHECK(format == kFormat, DataError,
            "{}: a gallery of format '{}', this program knows {}; hint: a newer dmf", connection.place(),
            format, kFormat);
  return {read_property(connection, "model"), std::atoll(read_property(connection, "width").c_str())};
}

std::string read_property(Connection& connection, const std::string& key) {
  const Rows rows = connection.run("SELECT value FROM properties WHERE name = $1", {of(key)});
  return rows.count() == 0 ? "" : rows.text(0, 0);
}

void write_property(Connection& connection, const std::string& key, const std::string& value) {
  connection.run("INSERT INTO properties VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
                 {of(key), of(value)});
}

}  // namespace dmf::pgstore
