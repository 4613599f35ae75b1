#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmf/search/crop.h"
#include "dmf/search/database.h"
#include "dmf/search/snapshot.h"

namespace dmf::search {

/// What a gallery holds vectors of.
struct GalleryKind {
  std::string model;  ///< fingerprint of the model's weights: vectors of another cannot be compared
  int64_t width = 0;  ///< numbers of a vector
};

/// How many crops have a value, by value; the empty one: not known.
using Counts = std::map<std::string, int64_t>;

struct GalleryStatistics {
  int64_t crops = 0, thumbnails = 0, identities = 0;
  int64_t deleted_rows = 0;  ///< vectors of deleted crops that compaction would remove
  int64_t segments = 0, blocks = 0;
  int64_t vector_bytes = 0, database_bytes = 0;
  std::optional<int64_t> first_time, last_time;
  Counts cameras, tags;
};

/// A gallery: a folder of crops with their vectors, read by any number of processes, also while one writes.
///
///   GALLERY/gallery.sqlite   what is known of each crop, thumbnails, which row of which segment is whose
///   GALLERY/segments/        the vectors (segment.h)
///   GALLERY/lock             who writes
///
/// Used by one thread at a time; the snapshots that it gives may be shared.
class Gallery {
 public:
  /// @throws DataError  no gallery, a damaged or newer one, naming the file
  explicit Gallery(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }
  const GalleryKind& kind() const { return kind_; }
  /// This gallery and no other has it.
  const std::string& name() const { return name_; }
  /// A value that was stored with set_property(); empty where none was.
  std::string property(const std::string& key) const;

  int64_t count() const;
  /// The crop, if there is one. @throws DataError  its fields are damaged
  std::optional<Crop> find(int64_t id) const;
  /// @throws InvalidArgument  no such crop. As find()
  Crop crop(int64_t id) const;
  /// Its small JPEG; empty where it has none. @throws DataError  damaged
  std::string thumbnail(int64_t id) const;
  /// Ids of the crops that are meant, ascending. An empty filter means all.
  std::vector<int64_t> select(const Filter& filter) const;
  /// The crop of that source, if there is one.
  std::optional<Crop> find_source(const std::string& source) const;
  /// The version of each source that is in.
  std::unordered_map<std::string, std::string> sources() const;
  GalleryStatistics statistics() const;

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
