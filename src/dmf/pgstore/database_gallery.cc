#include "dmf/pgstore/database_gallery.h"

#include <algorithm>

#include "dmf/core/system.h"
#include "dmf/pgstore/database_schema.h"

namespace dmf::pgstore {
namespace {

// The same condition for every filter: what it does not ask for is NULL, which the planner leaves out.
const std::string kMeant =
    " FROM crops WHERE ($1::bigint[] IS NULL OR id = ANY($1)) AND ($2::text[] IS NULL OR source = ANY($2)) "
    "AND "
    "($3::text[] IS NULL OR camera = ANY($3)) AND ($4::text[] IS NULL OR identity = ANY($4)) AND "
    "($5::text[] IS NULL OR tags @> $5) AND ($6::bigint IS NULL OR time >= $6) AND "
    "($7::bigint IS NULL OR time < $7)";

std::vector<Value> values_of(const search::Filter& filter) {
  return {list_or_null(filter.ids),
          list_or_null(filter.sources),
          list_or_null(filter.cameras),
          list_or_null(filter.identities),
          list_or_null(filter.tags),
          of(filter.from),
          of(filter.before)};
}

search::Counts counts(Connection& connection, const std::string& sql) {
  search::Counts result;
  const Rows rows = connection.run(sql);
  for (int64_t i = 0; i < rows.count(); ++i) result[rows.text(i, 0)] = rows.integer(i, 1);
  return result;
}

}  // namespace

DatabaseGallery::DatabaseGallery(const std::string& url, const std::string& name)
    : DatabaseGallery(std::make_unique<Connection>(url, name)) {}

DatabaseGallery::DatabaseGallery(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)), kind_(read_kind(*connection_)) {}

std::string DatabaseGallery::property(const std::string& key) const {
  return read_property(*connection_, key);
}

int64_t DatabaseGallery::count() const {
  return connection_->run("SELECT count(*) FROM crops").integer(0, 0);
}

std::optional<search::Crop> DatabaseGallery::find(int64_t id) const {
  const Rows rows = connection_->run(
      "SELECT coalesce(source, ''), version, camera, time, identity, tags FROM crops WHERE id = $1",
      {of(id)});
  if (rows.count() == 0) return std::nullopt;
  return search::Crop{.id = id,
                      .source = rows.text(0, 0),
                      .version = rows.text(0, 1),
                      .camera = rows.text(0, 2),
                      .time = rows.optional_integer(0, 3),
                      .identity = rows.text(0, 4),
                      .tags = rows.texts(0, 5)};
}

std::string DatabaseGallery::thumbnail(int64_t id) const {
  const Rows rows = connection_->run("SELECT jpeg FROM thumbnails WHERE id = $1", {of(id)});
  return rows.count() == 0 ? "" : rows.text(0, 0);
}

std::vector<int64_t> DatabaseGallery::select(const search::Filter& filter) const {
  const Rows rows = connection_->run("SELECT id" + kMeant + " ORDER BY id", values_of(filter));
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < rows.count(); ++i) ids.push_back(rows.integer(i, 0));
  return ids;
}

std::unordered_map<std::string, std::string> DatabaseGallery::sources() const {
  std::unordered_map<std::string, std::string> result;
  const Rows rows = connection_->run("SELECT source, version FROM crops WHERE source IS NOT NULL");
  for (int64_t i = 0; i < rows.count(); ++i) result[rows.text(i, 0)] = rows.text(i, 1);
  return result;
}

search::GalleryStatistics DatabaseGallery::statistics() const {
  search::GalleryStatistics result;
  const Rows sums = connection_->run(
      "SELECT count(*), (SELECT count(*) FROM thumbnails), count(DISTINCT identity) FILTER (WHERE identity "
      "<> ''), "
      "min(time), max(time), (SELECT value::bigint FROM properties WHERE name = 'deleted_rows'), "
      "pg_total_relation_size('crops') + pg_total_relation_size('thumbnails') FROM crops");
  result.crops = sums.integer(0, 0);
  result.thumbnails = sums.integer(0, 1);
  result.identities = sums.integer(0, 2);
  result.first_time = sums.optional_integer(0, 3);
  result.last_time = sums.optional_integer(0, 4);
  result.deleted_rows = sums.optional_integer(0, 5).value_or(0);
  result.database_bytes = sums.integer(0, 6);
  result.vector_bytes = result.crops * kind_.width * static_cast<int64_t>(sizeof(float));
  result.cameras = counts(*connection_, "SELECT camera, count(*) FROM crops GROUP BY camera");
  result.tags = counts(*connection_, "SELECT tag, count(*) FROM crops, unnest(tags) tag GROUP BY tag");
  return result;
}

std::vector<float> DatabaseGallery::vector(int64_t id) const {
  const Rows rows = connection_->run("SELECT embedding FROM crops WHERE id = $1", {of(id)});
  return rows.count() == 0 ? std::vector<float>() : rows.vector(0, 0);
}

std::vector<search::Hit> DatabaseGallery::nearest(std::span<const float> query, int64_t count,
                                                  const search::Filter& filter, bool is_exact) const {
  static const std::string kFound = "SELECT id, -(embedding <#> $8::vector)" + kMeant;
  // No index is in the order of a sum: with it every row is compared.
  static const std::string kExact = kFound + " ORDER BY (embedding <#> $8::vector) + 0, id LIMIT $9";
  static const std::string kIndexed = kFound + " ORDER BY embedding <#> $8::vector LIMIT $9";
  std::vector<Value> values = values_of(filter);
  values.push_back(embedding_of(query));
  values.push_back(of(count));
  const Rows rows = connection_->run(is_exact ? kExact : kIndexed, values);
  std::vector<search::Hit> hits;
  for (int64_t i = 0; i < rows.count(); ++i)
    hits.push_back({rows.integer(i, 0), std::clamp(rows.number(i, 1), -1.0, 1.0), {}});
  std::stable_sort(hits.begin(), hits.end(), [](const search::Hit& a, const search::Hit& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.id < b.id;
  });
  return hits;
}

/// Crops that a filter leaves. To count all of them takes longer than to search them by an index: then the
/// number may be a second old.
int64_t DatabaseGallery::searched(const search::Filter& filter, bool is_exact) const {
  constexpr double kFresh = 1;  // second
  const bool counts_all = filter.is_empty() && !is_exact;
  if (counts_all && counted_ && wall_seconds() - counted_->first < kFresh) return counted_->second;
  const int64_t found = connection_->run("SELECT count(*)" + kMeant, values_of(filter)).integer(0, 0);
  if (counts_all) counted_ = {wall_seconds(), found};
  return found;
}

search::SearchResult DatabaseGallery::search(eval::VectorView queries, int64_t count,
                                             const search::Filter& filter, bool is_exact) const {
  search::check_queries(queries, kind_.width, count);
  search::SearchResult result;
  // Only where there is an index: `dmf index approximate` keeps how far it must look.
  result.is_exact =
      is_exact ||
      connection_
              ->run(
                  "SELECT set_config('hnsw.ef_search', value, false) FROM properties WHERE name = "
                  "'ef_search'")
              .count() == 0;
  result.searched = searched(filter, result.is_exact);
  const std::vector<float> units = search::unit_rows(queries);
  const int64_t most = std::min(count, result.searched);
  for (int64_t i = 0; i < queries.count; ++i) {
    const auto query =
        std::span(units).subspan(static_cast<size_t>(i * kind_.width), static_cast<size_t>(kind_.width));
    std::vector<search::Hit> hits = nearest(query, count, filter, result.is_exact);
    if (!result.is_exact && static_cast<int64_t>(hits.size()) < most)
      hits = nearest(query, count, filter, true);
    result.answers.push_back(std::move(hits));
  }
  return result;
}

bool has_gallery(const std::string& url, const std::string& name) {
  Connection connection(url, name);
  return has_gallery(connection);
}

}  // namespace dmf::pgstore
