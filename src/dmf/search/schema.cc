#include "dmf/search/schema.h"

#include <fmt/format.h>

#include <array>
#include <random>
#include <span>

#include "dmf/core/error.h"
#include "dmf/search/digest.h"

namespace dmf::search {
namespace {

constexpr int64_t kApplication = 0x444D4631;  // "DMF1": what `file` and others know a gallery's database by
constexpr int64_t kFormat = 1;

// `vectors` says whose each row of a segment is; rows that it does not name belong to nobody any more.
constexpr const char* kTables = R"(
  CREATE TABLE properties (
    name TEXT PRIMARY KEY, value TEXT NOT NULL, digest INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE crops (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, version TEXT NOT NULL, camera TEXT NOT NULL,
    time INTEGER, identity TEXT NOT NULL, digest INTEGER NOT NULL);
  CREATE UNIQUE INDEX crops_source ON crops (source);
  CREATE INDEX crops_camera ON crops (camera, time);
  CREATE INDEX crops_time ON crops (time);
  CREATE INDEX crops_identity ON crops (identity) WHERE identity <> '';
  CREATE TABLE tags (
    id INTEGER NOT NULL REFERENCES crops ON DELETE CASCADE, tag TEXT NOT NULL, PRIMARY KEY (id, tag))
    WITHOUT ROWID;
  CREATE INDEX tags_tag ON tags (tag);
  CREATE TABLE thumbnails (
    id INTEGER PRIMARY KEY REFERENCES crops ON DELETE CASCADE, jpeg BLOB NOT NULL, digest INTEGER NOT NULL);
  CREATE TABLE blocks (
    segment INTEGER NOT NULL, first INTEGER NOT NULL, rows INTEGER NOT NULL, digest INTEGER NOT NULL,
    PRIMARY KEY (segment, first)) WITHOUT ROWID;
  CREATE TABLE vectors (
    segment INTEGER NOT NULL, row INTEGER NOT NULL,
    id INTEGER NOT NULL UNIQUE REFERENCES crops ON DELETE CASCADE, digest INTEGER NOT NULL,
    PRIMARY KEY (segment, row)) WITHOUT ROWID;
)";

/// 32 hexadecimal digits by chance.
std::string new_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

bool has_schema(const Database& database) {
  return database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'properties'") > 0;
}

void create_schema(const Database& database, const std::string& model, int64_t width) {
  DMF_CHECK(!model.empty() && width > 0 && width <= kMaxWidth, InvalidArgument,
            "[gallery] expected a model and a width of 1 to {}, got '{}' and {}", kMaxWidth, model, width);
  Transaction transaction(database, Access::kWrite);
  database.execute(kTables);
  database.execute(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kFormat));
  write_property(database, "model", model);
  write_property(database, "width", std::to_string(width));
  write_property(database, "name", new_name());
  transaction.commit();
}

void check_schema(const Database& database) {
  const bool is_ours = database.number("PRAGMA application_id") == kApplication && has_schema(database);
  DMF_CHECK(is_ours, DataError, "{}: not a gallery", database.path());
  const int64_t format = database.number("PRAGMA user_version");
  DMF_CHECK(format == kFormat, DataError, "{}: expected format {}, got {}; hint: written by a newer dmf",
            database.path(), kFormat, format);
}

std::string read_property(const Database& database, const std::string& name) {
  Statement statement = database.prepare("SELECT value, digest FROM properties WHERE name = ?");
  if (!statement.bind(name).next()) return "";
  std::string value = statement.text(0);
  DMF_CHECK(digest(name + "=" + value) == statement.integer(1), DataError, "{}: the property '{}' is damaged",
            database.path(), name);
  return value;
}

void write_property(const Database& database, const std::string& name, const std::string& value) {
  database.prepare("INSERT OR REPLACE INTO properties VALUES (?, ?, ?)")
      .bind(name, value, digest(name + "=" + value))
      .run();
}

int64_t digest_of_row(int64_t segment, int64_t row, int64_t id) {
  const std::array<int64_t, 3> numbers{segment, row, id};
  return digest(std::as_bytes(std::span(numbers)));
}

int64_t digest_of_thumbnail(int64_t id, const std::string& jpeg) {
  return digest(fmt::format("{}:{}", id, jpeg));
}

std::optional<Crop> read_crop(const Database& database, int64_t id) {
  Statement row =
      database.prepare("SELECT source, version, camera, time, identity, digest FROM crops WHERE id = ?");
  if (!row.bind(id).next()) return std::nullopt;
  Crop crop{id, row.text(0), row.text(1), row.text(2), row.optional_integer(3), row.text(4), {}};
  Statement tags = database.prepare("SELECT tag FROM tags WHERE id = ? ORDER BY tag");
  tags.bind(id);
  while (tags.next()) crop.tags.push_back(tags.text(0));
  DMF_CHECK(digest_of(crop) == row.integer(5), DataError, "{}: the fields of crop {} are damaged",
            database.path(), id);
  return crop;
}

int64_t write_crop(const Database& database, Crop crop) {
  crop.tags = sorted_tags(std::move(crop.tags));
  if (crop.id == 0) {
    // The id is part of the digest, and SQLite gives it.
    Statement insert =
        database.prepare("INSERT INTO crops (version, camera, identity, digest) VALUES ('', '', '', 0)");
    insert.run();
    crop.id = database.last_id();
  } else {
    database.prepare("DELETE FROM tags WHERE id = ?").bind(crop.id).run();
  }
  // Without a source NULL: of those there may be many.
  database
      .prepare(
          "UPDATE crops SET source = nullif(?, ''), version = ?, camera = ?, time = ?, identity = ?, "
          "digest = ? WHERE id = ?")
      .bind(crop.source, crop.version, crop.camera, crop.time, crop.identity, digest_of(crop), crop.id)
      .run();
  Statement tag = database.prepare("INSERT INTO tags VALUES (?, ?)");
  for (const std::string& each : crop.tags) tag.bind(crop.id, each).run();
  return crop.id;
}

}  // namespace dmf::search
