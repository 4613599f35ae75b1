#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmf/search/database.h"
#include "dmf/search/gallery_view.h"
#include "dmf/search/snapshot.h"

namespace dmf::search {

/// A gallery: a folder of crops with their vectors, read by any number of processes, also while one writes.
///
///   GALLERY/gallery.sqlite   what is known of each crop, thumbnails, which row of which segment is whose
///   GALLERY/segments/        the vectors (segment.h)
///   GALLERY/lock             who writes
///
/// Used by one thread at a time; the snapshots that it gives may be shared.
class Gallery : public GalleryView {
 public:
  /// @throws DataError  no gallery, a damaged or newer one, naming the file
  explicit Gallery(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::string place() const override { return folder_.string(); }
  std::string title() const override { return folder_.filename().string(); }
  const GalleryKind& kind() const override { return kind_; }
  /// This gallery and no other has it.
  const std::string& name() const { return name_; }
  std::string property(const std::string& key) const override;

  int64_t count() const override;
  std::optional<Crop> find(int64_t id) const override;
  std::string thumbnail(int64_t id) const override;
  std::vector<int64_t> select(const Filter& filter) const override;
  /// The crop of that source, if there is one.
  std::optional<Crop> find_source(const std::string& source) const;
  std::unordered_map<std::string, std::string> sources() const override;
  GalleryStatistics statistics() const override;
  std::vector<std::string> damage() const override;
  std::vector<float> vector(int64_t id) const override;
  SearchResult search(eval::VectorView queries, int64_t count, const Filter& filter,
                      bool is_exact) const override;

  /// The vectors as they are now; while nothing changes, the same one again.
  std::shared_ptr<const Snapshot> snapshot() const;

  /// What is wrong with the files: every byte that has a digest is read, every reference followed.
  /// @return a line for each fault; empty where all is well
  std::vector<std::string> verify() const;

 private:
  friend class GalleryWriter;
  Gallery(const std::filesystem::path& folder, Access access);
  void create(const GalleryKind& kind) const;
  void read_kind();
  std::filesystem::path segments() const { return folder_ / "segments"; }

  std::filesystem::path folder_;
  Database database_;
  GalleryKind kind_;
  std::string name_;
  mutable std::shared_ptr<const Snapshot> snapshot_;
  mutable std::pair<int64_t, int64_t> state_;
};

/// True where `folder` holds a gallery.
bool is_gallery(const std::filesystem::path& folder);

}  // namespace dmf::search
