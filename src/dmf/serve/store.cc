#include "dmf/serve/store.h"

#include <algorithm>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/log.h"
#include "dmf/serve/message.h"

namespace dmf::serve {
namespace {

constexpr auto kStatisticsAge = std::chrono::seconds(2);  // counting a million crops takes a while

/// The same for filters that mean the same, written the same way.
std::string key_of(const search::Filter& filter, bool is_exact) {
  std::string key = is_exact ? "exact;" : ";";
  const auto add = [&](const std::vector<std::string>& values) {
    for (const std::string& value : values) key += fmt::format("{}:{},", value.size(), value);
    key += ';';
  };
  for (const int64_t id : filter.ids) key += fmt::format("{},", id);
  add(filter.sources);
  add(filter.cameras);
  add(filter.identities);
  add(filter.tags);
  return key + fmt::format("{};{}", filter.from ? std::to_string(*filter.from) : "",
                           filter.before ? std::to_string(*filter.before) : "");
}

}  // namespace

Store::Lease::Lease(Store& given) : store(given) {
  std::unique_lock lock(store.readers_mutex_);
  store.reader_came_.wait(lock, [this] { return !store.readers_.empty(); });
  gallery = std::move(store.readers_.back());
  store.readers_.pop_back();
}

Store::Lease::~Lease() {
  {
    const std::lock_guard lock(store.readers_mutex_);
    store.readers_.push_back(std::move(gallery));
  }
  store.reader_came_.notify_one();
}

Store::Store(const Open& open, std::unique_ptr<search::GalleryKeeper> writer, const StoreOptions& options)
    : options_(options), writer_(std::move(writer)) {
  for (int64_t i = 0; i < options.readers; ++i) readers_.push_back(open());
  kind_ = readers_[0]->kind();
  adds_ = std::make_unique<Batcher<Addition, int64_t>>(
      options.adds, [this](std::vector<Addition>& additions) { return add_all(additions); });
}

Store::~Store() = default;

void Store::unreachable(const search::Unreachable& error) {
  spdlog::error("{}", error.what());
  throw Refusal(503, "store_unreachable", "the gallery's database does not answer").with("Retry-After", "5");
}

FolderStore::FolderStore(const std::filesystem::path& folder, const StoreOptions& options)
    : Store([&] { return std::make_unique<search::Gallery>(folder); },
            options.is_read_only ? nullptr : std::make_unique<search::GalleryWriter>(folder), options),
      folder_(folder),
      searched_(std::make_unique<search::Gallery>(folder)) {
  for (const search::Damage& damage : searched_->snapshot()->damage())
    spdlog::warn("not searched: {}", damage.message());
  if (auto index = search::usable_approximate(*searched_))
    index_ = std::make_shared<const search::ApproximateIndex>(std::move(*index));
  searches_ = std::make_unique<Batcher<Wanted, Answered>>(
      options.searches, [this](std::vector<Wanted>& wanted) { return search_all(wanted); });
}

FolderStore::~FolderStore() = default;

FolderStore::Searched FolderStore::searched() {
  const std::lock_guard lock(searched_mutex_);
  return {searched_->snapshot(), index_};
}

std::vector<float> FolderStore::vector(int64_t id) {
  const auto snapshot = searched().snapshot;
  const float* vector = snapshot->vector(id);
  return vector == nullptr ? std::vector<float>() : std::vector<float>(vector, vector + snapshot->width());
}

std::vector<Answered> FolderStore::search_all(std::vector<Wanted>& wanted) {
  std::map<std::string, Group> groups;
  for (size_t i = 0; i < wanted.size(); ++i) {
    Group& group = groups[key_of(wanted[i].filter, wanted[i].is_exact)];
    group.places.push_back(i);
    if (group.first == nullptr) group.first = &wanted[i];
  }
  std::vector<Answered> answers(wanted.size());
  const Searched searched = this->searched();
  for (const auto& [key, group] : groups) search_group(searched, wanted, group, answers);
  return answers;
}

void FolderStore::search_group(const Searched& searched, const std::vector<Wanted>& wanted,
                               const Group& group, std::vector<Answered>& answers) {
  const search::Snapshot& snapshot = *searched.snapshot;
  const search::Filter& filter = group.first->filter;
  const search::Selection selection =
      filter.is_empty()
          ? snapshot.all()
          : snapshot.of(read([&](const search::GalleryView& gallery) { return gallery.select(filter); }));
  std::vector<float> values;
  int64_t most = 1;
  for (const size_t place : group.places) {
    values.insert(values.end(), wanted[place].vector.begin(), wanted[place].vector.end());
    most = std::max({most, wanted[place].count, wanted[place].head.value_or(0)});
  }
  const eval::VectorView queries{values, static_cast<int64_t>(group.places.size()), snapshot.width()};
  const eval::WorkOptions work{.threads = options().threads};
  const bool is_exact = group.first->is_exact || searched.index == nullptr;
  const search::Answers found = is_exact ? search::search_exact(snapshot, queries, most, selection, work)
                                         : searched.index->search(snapshot, queries, most, selection, work);
  for (size_t i = 0; i < group.places.size(); ++i) {
    const Wanted& own = wanted[group.places[i]];
    std::vector<search::Hit> hits = found[i];
    if (own.head) {
      hits.resize(std::min(hits.size(), static_cast<size_t>(std::max(own.count, *own.head))));
      search::re_rank(snapshot, own.vector.data(), hits, {});
    }
    hits.resize(std::min(hits.size(), static_cast<size_t>(own.count)));
    answers[group.places[i]] = {std::move(hits), selection.count, is_exact};
  }
}

search::GalleryKeeper& Store::writer() {
  if (writer_ == nullptr)
    throw Refusal(403, "read_only", "this server only reads its gallery", "ask who runs it");
  return *writer_;
}

int64_t Store::add(std::vector<float> vector, search::NewCrop crop) {
  writer();
  return answered([&] { return adds_->run({std::move(vector), std::move(crop)}); });
}

std::vector<int64_t> Store::add_all(std::vector<Addition>& additions) {
  // Two crops of one source in a call are an error of the gallery's: the second takes the first one's place.
  std::vector<int64_t> ids;
  const std::lock_guard lock(writer_mutex_);
  for (size_t first = 0; first < additions.size();) {
    std::set<std::string> sources;
    std::vector<float> values;
    std::vector<search::NewCrop> crops;
    for (; first < additions.size(); ++first) {
      Addition& each = additions[first];
      const std::string& source = each.crop.crop.source;
      if (!source.empty() && !sources.insert(source).second) break;
      values.insert(values.end(), each.vector.begin(), each.vector.end());
      crops.push_back(each.crop);
    }
    const std::vector<int64_t> some =
        writer().add({values, static_cast<int64_t>(crops.size()), kind_.width}, crops);
    ids.insert(ids.end(), some.begin(), some.end());
  }
  return ids;
}

bool Store::update(int64_t id, const search::CropUpdate& change) {
  const std::lock_guard lock(writer_mutex_);
  return answered([&] {
    if (!writer().view().find(id)) return false;
    writer().update({id}, change);
    return true;
  });
}

std::vector<int64_t> Store::remove(const search::Filter& filter, bool purge) {
  const std::lock_guard lock(writer_mutex_);
  return answered([&] {
    std::vector<int64_t> ids = writer().view().select(filter);
    if (!ids.empty()) writer().remove(ids);
    if (purge && !ids.empty()) compact_locked();
    return ids;
  });
}

void Store::compact() {
  const std::lock_guard lock(writer_mutex_);
  if (writer().view().statistics().deleted_rows > 0) compact_locked();
}

// The approximate index holds the deleted vectors' main directions: it goes first and is made anew behind.
void FolderStore::compact_locked() {
  const std::filesystem::path file = search::approximate_file(folder_);
  std::optional<search::ApproximateOptions> options;
  {
    const std::lock_guard lock(searched_mutex_);
    if (index_ != nullptr) options = search::ApproximateOptions{.recall = index_->facts().wanted_recall};
    index_.reset();
  }
  std::filesystem::remove(file);
  try {
    writer().compact(/*drop_damaged=*/false);
  } catch (const DataError& error) {
    spdlog::error("not compacted: {}", error.what());
    throw Refusal(500, "damaged", "deleted, but vectors stay on the disk: the gallery is damaged",
                  "who runs the server: stop it, `dmf index compact --drop-damaged`");
  }
  const auto snapshot = searched().snapshot;  // lets go of the old segments, kept while they are mapped
  if (!options || snapshot->count() <= options->answers) return;
  search::ApproximateIndex index = search::ApproximateIndex::build(*snapshot, *options);
  index.save(file);
  const std::lock_guard lock(searched_mutex_);
  index_ = std::make_shared<const search::ApproximateIndex>(std::move(index));
}

search::GalleryStatistics Store::statistics() {
  const std::lock_guard lock(statistics_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!counted_ || now - *counted_ > kStatisticsAge) {
    statistics_ = read([](const search::GalleryView& gallery) { return gallery.statistics(); });
    counted_ = now;
  }
  return statistics_;
}

std::vector<std::string> FolderStore::damage() {
  std::vector<std::string> lines;
  const auto snapshot = searched().snapshot;
  for (const search::Damage& damage : snapshot->damage()) lines.push_back(damage.message());
  return lines;
}

SharedStore::SharedStore(const Open& open, std::unique_ptr<search::GalleryKeeper> writer,
                         const StoreOptions& options)
    : Store(open, std::move(writer), options) {}

std::vector<float> SharedStore::vector(int64_t id) {
  return read([&](const search::GalleryView& gallery) { return gallery.vector(id); });
}

Answered SharedStore::search(Wanted wanted) {
  ++searches_;
  const int64_t most = std::max(wanted.count, wanted.head.value_or(0));
  return read([&](const search::GalleryView& gallery) {
    search::SearchResult result =
        gallery.search({wanted.vector, 1, kind().width}, most, wanted.filter, wanted.is_exact);
    std::vector<search::Hit>& hits = result.answers[0];
    if (wanted.head) search::re_rank(gallery, wanted.vector.data(), hits, {});
    hits.resize(std::min(hits.size(), static_cast<size_t>(wanted.count)));
    return Answered{std::move(hits), result.searched, result.is_exact};
  });
}

void SharedStore::compact_locked() {
  try {
    writer().compact(/*drop_damaged=*/false);
  } catch (const InvalidArgument& error) {
    spdlog::error("not compacted: {}", error.what());
    throw Refusal(500, "not_purged",
                  "deleted, but bytes stay in the database: this server's role may not remove them",
                  "who runs the database: VACUUM FULL");
  }
}

}  // namespace dmf::serve
