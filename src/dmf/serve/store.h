#pragma once
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dmf/search/approximate.h"
#include "dmf/search/gallery_writer.h"
#include "dmf/serve/batcher.h"

namespace dmf::serve {

struct StoreOptions {
  bool is_read_only = false;  ///< another process may write the gallery meanwhile
  int64_t readers = 4;        ///< connections to the database
  int64_t threads = 0;        ///< of a search; 0: one for each processor
  BatchOptions searches{.most = 256};
  BatchOptions adds{.most = 256};
};

/// One search.
struct Wanted {
  std::vector<float> vector;  ///< length 1
  int64_t count = 10;
  search::Filter filter;
  bool is_exact = false;
  std::optional<int64_t> head;  ///< re-rank so many
};

struct Answered {
  std::vector<search::Hit> hits;
  int64_t searched = 0;  ///< crops that the filter leaves
  bool is_exact = true;
};

/// A gallery for many threads: reads by several connections, additions of many clients put together, one writer.
/// Every call sees what calls that had returned before have done.
class Store {
 public:
  virtual ~Store();

  const search::GalleryKind& kind() const { return kind_; }
  bool is_read_only() const { return writer_ == nullptr; }
  /// Does `work` with a connection of its own. @throws Refusal  503: where it is kept does not answer
  template <class Work>
  auto read(const Work& work) {
    const Lease lease(*this);
    return answered([&] { return work(*lease.gallery); });
  }
  /// The vector of a crop; empty where there is none, or it is damaged.
  virtual std::vector<float> vector(int64_t id) = 0;
  virtual Answered search(Wanted wanted) = 0;

  /// @return its number. It takes the place of a crop of the same source
  int64_t add(std::vector<float> vector, search::NewCrop crop);
  /// False where there is no such crop.
  bool update(int64_t id, const search::CropUpdate& change);
  /// Deletes what is meant. @param purge  takes the vectors off the disk, too, before it returns
  /// @return the crops that there were
  std::vector<int64_t> remove(const search::Filter& filter, bool purge);
  /// Takes the vectors of what was deleted off the disk.
  /// @throws Refusal  the gallery is damaged: then they are not found any more, but stay on the disk
  void compact();

  /// At most two seconds old.
  search::GalleryStatistics statistics();
  virtual std::vector<std::string> damage() = 0;
  virtual int64_t search_batches() const = 0;
  virtual int64_t searches() const = 0;

 protected:
  using Open = std::function<std::unique_ptr<search::GalleryView>()>;
  /// @param writer  null: read only
  Store(const Open& open, std::unique_ptr<search::GalleryKeeper> writer, const StoreOptions& options);
  /// compact() for whom has locked what is written.
  virtual void compact_locked() = 0;
  search::GalleryKeeper& writer();
  const StoreOptions& options() const { return options_; }

 private:
  struct Lease {
    explicit Lease(Store& store);
    ~Lease();
    Store& store;
    std::unique_ptr<search::GalleryView> gallery;
  };
  struct Addition {
    std::vector<float> vector;
    search::NewCrop crop;
  };
  template <class Work>
  static auto answered(const Work& work) {
    try {
      return work();
    } catch (const search::Unreachable& error) {
      unreachable(error);
    }
  }
  [[noreturn]] static void unreachable(const search::Unreachable& error);
  std::vector<int64_t> add_all(std::vector<Addition>& additions);

  StoreOptions options_;
  search::GalleryKind kind_;
  std::mutex writer_mutex_;
  std::unique_ptr<search::GalleryKeeper> writer_;
  std::mutex readers_mutex_;
  std::condition_variable reader_came_;
  std::vector<std::unique_ptr<search::GalleryView>> readers_;
  std::mutex statistics_mutex_;
  search::GalleryStatistics statistics_;
  std::optional<std::chrono::steady_clock::time_point> counted_;
  std::unique_ptr<Batcher<Addition, int64_t>> adds_;
};

/// A gallery in a folder: searches of many clients are one pass over a snapshot that all share.
class FolderStore : public Store {
 public:
  /// @throws as search::Gallery and search::GalleryWriter
  explicit FolderStore(const std::filesystem::path& folder, const StoreOptions& options = {});
  ~FolderStore() override;

  std::vector<float> vector(int64_t id) override;
  Answered search(Wanted wanted) override { return searches_->run(std::move(wanted)); }
  std::vector<std::string> damage() override;
  int64_t search_batches() const override { return searches_->batches(); }
  int64_t searches() const override { return searches_->items(); }

 private:
  struct Group {
    std::vector<size_t> places;
    const Wanted* first = nullptr;
  };
  /// What is searched, and by what.
  struct Searched {
    std::shared_ptr<const search::Snapshot> snapshot;
    std::shared_ptr<const search::ApproximateIndex> index;
  };
  Searched searched();
  std::vector<Answered> search_all(std::vector<Wanted>& wanted);
  void search_group(const Searched& searched, const std::vector<Wanted>& wanted, const Group& group,
                    std::vector<Answered>& answers);
  void compact_locked() override;

  std::filesystem::path folder_;
  std::mutex searched_mutex_;  // of what is searched: one snapshot for all
  std::unique_ptr<search::Gallery> searched_;
  std::shared_ptr<const search::ApproximateIndex> index_;  // null: none
  std::unique_ptr<Batcher<Wanted, Answered>> searches_;
};

/// A gallery that searches itself, a connection for each search, and that others may write meanwhile: in a
/// database.
class SharedStore : public Store {
 public:
  /// @param open    a new connection
  /// @param writer  null: read only
  SharedStore(const Open& open, std::unique_ptr<search::GalleryKeeper> writer,
              const StoreOptions& options = {});

  std::vector<float> vector(int64_t id) override;
  Answered search(Wanted wanted) override;
  std::vector<std::string> damage() override { return {}; }
  int64_t search_batches() const override { return searches_; }
  int64_t searches() const override { return searches_; }

 private:
  void compact_locked() override;

  std::atomic<int64_t> searches_{0};
};

}  // namespace dmf::serve
