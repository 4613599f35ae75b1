#include "dmf/pgstore/database_keeper.h"

#include <algorithm>

#include "dmf/pgstore/database_schema.h"

namespace dmf::pgstore {
namespace {

constexpr int64_t kAnswers = 10, kQueries = 100;
constexpr int64_t kMostCandidates = 1000;  // of ef_search

std::unique_ptr<Connection> made(const std::string& url, const std::string& name,
                                 const search::GalleryKind& kind) {
  auto connection = std::make_unique<Connection>(url, name);
  if (!has_gallery(*connection)) create_gallery(*connection, kind);
  return connection;
}

std::vector<std::string> sources_of(std::span<const search::NewCrop> crops) {
  std::vector<std::string> sources;
  for (const search::NewCrop& each : crops) {
    if (!each.crop.source.empty()) sources.push_back(each.crop.source);
  }
  return sources;
}

}  // namespace

DatabaseKeeper::DatabaseKeeper(const std::string& url, const std::string& name,
                               const search::GalleryKind& kind)
    : gallery_(made(url, name, kind)) {
  search::check_kind(gallery_.place(), gallery_.kind(), kind);
}

DatabaseKeeper::DatabaseKeeper(const std::string& url, const std::string& name) : gallery_(url, name) {}

void DatabaseKeeper::count_deleted(int64_t rows) {
  if (rows != 0)
    connection().run("UPDATE properties SET value = (value::bigint + $1)::text WHERE name = 'deleted_rows'",
                     {of(rows)});
}

std::vector<int64_t> DatabaseKeeper::add(eval::VectorView vectors, std::span<const search::NewCrop> crops) {
  search::check_addition(gallery_.place(), gallery_.kind(), vectors, crops);
  std::vector<int64_t> ids;
  if (crops.empty()) return ids;
  const std::vector<float> units = search::unit_rows(vectors);
  const auto width = static_cast<size_t>(vectors.width);
  const std::vector<std::string> sources = sources_of(crops);
  connection().transaction([&] {
    // One after the other: two that add the same source would both find it missing.
    if (!sources.empty())
      connection().run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", {of(connection().schema())});
    const int64_t replaced =
        connection().run("DELETE FROM crops WHERE source = ANY($1)", {of(sources)}).changed();
    const Rows numbers =
        connection().run("SELECT nextval(pg_get_serial_sequence('crops', 'id')) FROM generate_series(1, $1)",
                         {of(vectors.count)});
    ids.clear();
    for (int64_t i = 0; i < numbers.count(); ++i) ids.push_back(numbers.integer(i, 0));
    std::sort(ids.begin(), ids.end());
    std::vector<std::vector<Value>> rows, thumbnails;
    for (size_t i = 0; i < crops.size(); ++i) {
      const search::Crop& crop = crops[i].crop;
      rows.push_back({of(ids[i]), text_or_null(crop.source), of(crop.version), of(crop.camera), of(crop.time),
                      of(crop.identity), of(search::sorted_tags(crop.tags)),
                      embedding_of(std::span(units).subspan(i * width, width))});
      if (!crops[i].thumbnail.empty()) thumbnails.push_back({of(ids[i]), bytes_of(crops[i].thumbnail)});
    }
    connection().copy(
        "COPY crops (id, source, version, camera, time, identity, tags, embedding) FROM STDIN (FORMAT "
        "binary)",
        rows);
    if (!thumbnails.empty())
      connection().copy("COPY thumbnails (id, jpeg) FROM STDIN (FORMAT binary)", thumbnails);
    count_deleted(replaced);
  });
  return ids;
}

int64_t DatabaseKeeper::remove(const std::vector<int64_t>& ids) {
  int64_t count = 0;
  connection().transaction([&] {
    count = connection().run("DELETE FROM crops WHERE id = ANY($1)", {of(ids)}).changed();
    count_deleted(count);
  });
  return count;
}

void DatabaseKeeper::update(const std::vector<int64_t>& ids, const search::CropUpdate& change) {
  connection().transaction([&] {
    for (const int64_t id : ids) {
      connection().run("SELECT id FROM crops WHERE id = $1 FOR UPDATE", {of(id)});
      const search::Crop crop = search::updated(gallery_.crop(id), change);
      connection().run("UPDATE crops SET camera = $2, time = $3, identity = $4, tags = $5 WHERE id = $1",
                       {of(id), of(crop.camera), of(crop.time), of(crop.identity), of(crop.tags)});
    }
    count_deleted(static_cast<int64_t>(ids.size()));  // the old fields lie in the table still
  });
}

search::CompactionResult DatabaseKeeper::compact(bool /*drop_damaged*/) {
  search::CompactionResult result;
  const search::GalleryStatistics before = gallery_.statistics();
  result.rows = before.deleted_rows;
  if (result.rows == 0) return result;
  // The database only warns who may not, and goes on.
  const Rows owned = connection().run(
      "SELECT 1::bigint FROM pg_class WHERE oid IN ('crops'::regclass, 'thumbnails'::regclass) AND NOT "
      "pg_has_role(relowner, 'USAGE')");
  DMF_CHECK(owned.count() == 0, InvalidArgument,
            "{}: only the owner of its tables can write them anew; hint: VACUUM FULL as that role",
            gallery_.place());
  // Counted before: what is deleted meanwhile is left for the next time.
  connection().run("VACUUM FULL crops");
  connection().run("VACUUM FULL thumbnails");
  count_deleted(-result.rows);
  result.bytes = before.database_bytes - gallery_.statistics().database_bytes;
  return result;
}

void DatabaseKeeper::set_property(const std::string& key, const std::string& value) {
  write_property(connection(), key, value);
}

double DatabaseKeeper::recall_with(int64_t ef_search, const std::vector<Known>& known) const {
  connection().run("SELECT set_config('hnsw.ef_search', $1, false)", {of(std::to_string(ef_search))});
  int64_t found = 0, all = 0;
  for (const Known& each : known) {
    const std::vector<search::Hit> quick = gallery_.nearest(each.query, kAnswers + 1, {}, false);
    for (const search::Hit& right : each.exact) {
      if (right.id == each.id) continue;
      ++all;
      found += std::count_if(quick.begin(), quick.end(),
                             [&](const search::Hit& hit) { return hit.id == right.id; });
    }
  }
  return all == 0 ? 0 : static_cast<double>(found) / static_cast<double>(all);
}

/// Doubled until it is enough, then the steps between, so that it is no more than a fifth too many.
ApproximateFacts DatabaseKeeper::least_ef_search(double recall, const std::vector<Known>& known) const {
  ApproximateFacts enough{.recall = 0, .ef_search = 20};
  int64_t too_few = 0;
  for (;; enough.ef_search = std::min(kMostCandidates, 2 * enough.ef_search)) {
    enough.recall = recall_with(enough.ef_search, known);
    if (enough.recall >= recall || enough.ef_search == kMostCandidates) break;
    too_few = enough.ef_search;
  }
  while (too_few > 0 && enough.recall >= recall && enough.ef_search - too_few > too_few / 5) {
    const int64_t between = (too_few + enough.ef_search) / 2;
    const double reached = recall_with(between, known);
    if (reached >= recall) {
      enough = {.recall = reached, .ef_search = between};
    } else {
      too_few = between;
    }
  }
  return enough;
}

ApproximateFacts DatabaseKeeper::build_approximate(double recall) {
  DMF_CHECK(gallery_.kind().width <= kMostIndexed, InvalidArgument,
            "{}: pgvector indexes vectors of up to {} numbers, these have {}; hint: search stays exact",
            gallery_.place(), kMostIndexed, gallery_.kind().width);
  const Rows version = connection().run(
      "SELECT 1::bigint FROM pg_extension WHERE extname = 'vector' AND string_to_array(extversion, "
      "'.')::int[] >= "
      "ARRAY[0, 8]");
  DMF_CHECK(version.count() == 1, DataError,
            "{}: pgvector before 0.8 loses what a filter leaves; hint: ALTER EXTENSION vector UPDATE",
            gallery_.place());
  const Rows rows = connection().run("SELECT id FROM crops ORDER BY hashint8(id) LIMIT $1", {of(kQueries)});
  DMF_CHECK(rows.count() > kAnswers, InvalidArgument, "{}: {} crops are too few for an approximate index",
            gallery_.place(), rows.count());
  std::vector<Known> known;
  for (int64_t i = 0; i < rows.count(); ++i) {
    const int64_t id = rows.integer(i, 0);
    std::vector<float> query = gallery_.vector(id);
    if (query.empty()) continue;  // deleted meanwhile
    std::vector<search::Hit> exact = gallery_.nearest(query, kAnswers + 1, {}, true);
    known.push_back({id, std::move(query), std::move(exact)});
  }
  connection().run("DELETE FROM properties WHERE name = 'ef_search'");
  connection().run("DROP INDEX IF EXISTS crops_nearest");
  connection().run("CREATE INDEX CONCURRENTLY crops_nearest ON crops USING hnsw (embedding vector_ip_ops)");
  const ApproximateFacts facts = least_ef_search(recall, known);
  set_property("ef_search", std::to_string(facts.ef_search));
  return facts;
}

}  // namespace dmf::pgstore
