#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "dmf/core/folder_lock.h"
#include "dmf/search/gallery.h"

namespace dmf::search {

struct WriterOptions {
  int64_t segment_bytes = int64_t{256} << 20;  ///< a new segment is begun behind so many
  int64_t block_rows = 1024;                   ///< that compaction gives one digest
};

struct MergeResult {
  int64_t added = 0;
  int64_t known = 0;    ///< whose sources were here already
  int64_t damaged = 0;  ///< whose vectors there are damaged
};

/// The one who writes a gallery. Each call that changes something is done when it returns, whatever happens
/// then: a process that is killed within it has done all of it or nothing. Vectors are on the disk before a
/// transaction of the database makes them part of the gallery; compaction writes new segments, and one
/// transaction puts them in the place of the old ones. What a killed process left beside that is removed when
/// the next writer comes.
class GalleryWriter : public GalleryKeeper {
 public:
  /// Opens a gallery, or makes one where there is none.
  /// @throws InvalidArgument  another process writes it; it holds vectors of another kind
  /// @throws DataError        as Gallery
  GalleryWriter(const std::filesystem::path& folder, const GalleryKind& kind,
                const WriterOptions& options = {});
  /// Opens the gallery that is there.
  explicit GalleryWriter(const std::filesystem::path& folder, const WriterOptions& options = {});

  const Gallery& gallery() const { return gallery_; }
  const GalleryView& view() const override { return gallery_; }

  std::vector<int64_t> add(eval::VectorView vectors, std::span<const NewCrop> crops) override;

  /// Deletes crops with all that is known of them; ids that are not there do not matter. Their numbers are
  /// overwritten in the database at once; their vectors are not found any more and leave the disk with
  /// compact().
  /// @return how many there were
  int64_t remove(const std::vector<int64_t>& ids) override;
  void update(const std::vector<int64_t>& ids, const CropUpdate& change) override;

  /// Adds what another gallery has and this one has not (by source). What was merged once is not merged
  /// again, even if it was deleted here since; killed on its way, the same call goes on.
  /// @param advance  called with the number of crops looked at, now and then
  /// @throws InvalidArgument  it holds vectors of another kind; it is this gallery
  MergeResult merge(const Gallery& other, const std::function<void(int64_t)>& advance = {});

  /// Writes the vectors anew without those of deleted crops, and gives back the space.
  /// @param drop_damaged  deletes crops whose vectors are damaged, which is an error otherwise
  /// @throws DataError  damaged vectors, naming them; the disk is full. Then the gallery is as it was
  CompactionResult compact(bool drop_damaged = false) override;

  void set_property(const std::string& key, const std::string& value) override;
  void refresh_approximate() override;

 private:
  GalleryWriter(const std::filesystem::path& folder, const GalleryKind* kind, const WriterOptions& options);
  void open(const GalleryKind* kind);
  void remove_leftovers() const;
  const Database& database() const { return gallery_.database_; }
  int64_t new_segment() const;
  struct Room {
    int64_t segment, rows;
  };
  Room room() const;
  std::vector<int64_t> write_batch(eval::VectorView vectors, std::span<const NewCrop> crops,
                                   const std::function<void()>& also);
  std::vector<int64_t> lost_crops(const Snapshot& snapshot) const;
  struct Rewritten;
  Rewritten rewrite(const Snapshot& snapshot) const;
  void switch_to(const Rewritten& rewritten, const std::vector<int64_t>& lost);

  FolderLock lock_;
  WriterOptions options_;
  Gallery gallery_;
};

}  // namespace dmf::search
