#include "dmf/search/gallery.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/search/approximate.h"
#include "dmf/search/schema.h"

namespace dmf::search {
namespace {

std::filesystem::path database_of(const std::filesystem::path& folder) { return folder / kDatabaseName; }

std::filesystem::path existing(const std::filesystem::path& folder) {
  DMF_CHECK(is_gallery(folder), DataError, "{}: no gallery; hint: `dmf index add` makes one",
            folder.string());
  return database_of(folder);
}

/// A condition of a filter with its values.
class Conditions {
 public:
  void any_of(const std::string& column, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::string marks = "?";
    for (size_t i = 1; i < values.size(); ++i) marks += ",?";
    add(fmt::format("{} IN ({})", column, marks));
    texts_.insert(texts_.end(), values.begin(), values.end());
  }
  void add(const std::string& condition) { sql_ += (sql_.empty() ? " WHERE " : " AND ") + condition; }
  void add(const std::string& condition, const std::string& value) {
    add(condition);
    texts_.push_back(value);
  }
  const std::string& sql() const { return sql_; }
  void push_to(Statement& statement) const {
    for (const std::string& text : texts_) statement.push(text);
  }

 private:
  std::string sql_;
  std::vector<std::string> texts_;
};

Counts counts(const Database& database, const std::string& sql) {
  Counts result;
  Statement statement = database.prepare(sql);
  while (statement.next()) result[statement.text(0)] = statement.integer(1);
  return result;
}

}  // namespace

bool is_gallery(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(database_of(folder), ignored);
}

Gallery::Gallery(const std::filesystem::path& folder) : Gallery(folder, Access::kRead) { read_kind(); }

Gallery::Gallery(const std::filesystem::path& folder, Access access)
    : folder_(folder), database_(access == Access::kRead ? existing(folder) : database_of(folder), access) {}

void Gallery::create(const GalleryKind& kind) const { create_schema(database_, kind.model, kind.width); }

void Gallery::read_kind() {
  check_schema(database_);
  kind_.model = property("model");
  name_ = property("name");
  const std::string width = property("width");
  kind_.width = std::atoll(width.c_str());
  DMF_CHECK(kind_.width > 0 && kind_.width <= kMaxWidth && !kind_.model.empty(), DataError,
            "{}: damaged: vectors of model '{}' with '{}' numbers", database_.path(), kind_.model, width);
}

std::string Gallery::property(const std::string& key) const { return read_property(database_, key); }

int64_t Gallery::count() const { return database_.number("SELECT count(*) FROM crops"); }

std::optional<Crop> Gallery::find(int64_t id) const { return read_crop(database_, id); }

std::string Gallery::thumbnail(int64_t id) const {
  Statement statement = database_.prepare("SELECT jpeg, digest FROM thumbnails WHERE id = ?");
  if (!statement.bind(id).next()) return "";
  std::string jpeg = statement.text(0);
  DMF_CHECK(digest_of_thumbnail(id, jpeg) == statement.integer(1), DataError,
            "{}: the thumbnail of crop {} is damaged", database_.path(), id);
  return jpeg;
}

std::vector<int64_t> Gallery::select(const Filter& filter) const {
  Conditions conditions;
  conditions.any_of("source", filter.sources);
  conditions.any_of("camera", filter.cameras);
  conditions.any_of("identity", filter.identities);
  for (const std::string& tag : filter.tags)
    conditions.add("EXISTS (SELECT 1 FROM tags WHERE tags.id = crops.id AND tag = ?)", tag);
  if (filter.from) conditions.add(fmt::format("time >= {}", *filter.from));
  if (filter.before) conditions.add(fmt::format("time < {}", *filter.before));
  Statement statement = database_.prepare("SELECT id FROM crops" + conditions.sql() + " ORDER BY id");
  conditions.push_to(statement);
  std::vector<int64_t> wanted = filter.ids, ids;
  std::sort(wanted.begin(), wanted.end());
  while (statement.next()) {
    const int64_t id = statement.integer(0);
    if (wanted.empty() || std::binary_search(wanted.begin(), wanted.end(), id)) ids.push_back(id);
  }
  return ids;
}

std::optional<Crop> Gallery::find_source(const std::string& source) const {
  Statement statement = database_.prepare("SELECT id FROM crops WHERE source = ?");
  if (!statement.bind(source).next()) return std::nullopt;
  return read_crop(database_, statement.integer(0));
}

std::unordered_map<std::string, std::string> Gallery::sources() const {
  std::unordered_map<std::string, std::string> result;
  Statement statement = database_.prepare("SELECT source, version FROM crops WHERE source IS NOT NULL");
  while (statement.next()) result[statement.text(0)] = statement.text(1);
  return result;
}

GalleryStatistics Gallery::statistics() const {
  const Transaction transaction(database_, Access::kRead);
  GalleryStatistics result;
  result.crops = count();
  result.thumbnails = database_.number("SELECT count(*) FROM thumbnails");
  result.identities = database_.number("SELECT count(DISTINCT identity) FROM crops WHERE identity <> ''");
  result.segments = database_.number("SELECT count(DISTINCT segment) FROM blocks");
  result.blocks = database_.number("SELECT count(*) FROM blocks");
  const int64_t rows = database_.number("SELECT coalesce(sum(rows), 0) FROM blocks");
  result.deleted_rows = rows - database_.number("SELECT count(*) FROM vectors");
  result.vector_bytes = rows * kind_.width * static_cast<int64_t>(sizeof(float));
  result.database_bytes = database_.number("PRAGMA page_count") * database_.number("PRAGMA page_size");
  result.cameras = counts(database_, "SELECT camera, count(*) FROM crops GROUP BY camera");
  result.tags = counts(database_, "SELECT tag, count(*) FROM tags GROUP BY tag");
  Statement times = database_.prepare("SELECT min(time), max(time) FROM crops");
  if (times.next()) {
    result.first_time = times.optional_integer(0);
    result.last_time = times.optional_integer(1);
  }
  return result;
}

std::shared_ptr<const Snapshot> Gallery::snapshot() const {
  const auto state = database_.state();
  if (snapshot_ == nullptr || state != state_) {
    try {
      snapshot_ = Snapshot::load(database_, segments(), kind_.width, snapshot_.get());
    } catch (const DataError& error) {
      const std::string message = error.what();
      throw DataError(message.starts_with("damaged") ? database_.path() + ": " + message : message);
    }
    state_ = state;
  }
  return snapshot_;
}

std::vector<std::string> Gallery::damage() const {
  std::vector<std::string> lines;
  for (const Damage& each : snapshot()->damage()) lines.push_back(each.message());
  return lines;
}

std::vector<float> Gallery::vector(int64_t id) const {
  const float* vector = snapshot()->vector(id);
  return vector == nullptr ? std::vector<float>() : std::vector<float>(vector, vector + kind_.width);
}

SearchResult Gallery::search(eval::VectorView queries, int64_t count, const Filter& filter,
                             bool is_exact) const {
  const auto rows = snapshot();
  const Selection selection = filter.is_empty() ? rows->all() : rows->of(select(filter));
  const auto index = is_exact ? std::nullopt : usable_approximate(*this);
  return {index ? index->search(*rows, queries, count, selection)
                : search_exact(*rows, queries, count, selection),
          selection.count, !index.has_value()};
}

}  // namespace dmf::search
