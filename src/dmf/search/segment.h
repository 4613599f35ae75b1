#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dmf/core/file.h"
#include "dmf/eval/vectors.h"

namespace dmf::search {

/// A segment of a gallery's vectors: a file that is only ever appended to. 64 bytes of header (name of the
/// format, width, number), then float32 vectors, row after row, of this machine's byte order. What is
/// committed, and the digests of the blocks it was written in, stands in the gallery's database; bytes behind
/// that are nobody's.
inline constexpr int64_t kSegmentHeader = 64;

/// Rows of a segment that were written together.
struct Block {
  int64_t segment = 0;
  int64_t first = 0, rows = 0;
  int64_t digest = 0;  ///< of the rows' bytes
};

/// Rows that cannot be served: their bytes are not what was written.
struct Damage {
  std::string file;
  int64_t segment = 0, first = 0, rows = 0;
  std::string reason;
  /// "FILE: rows 64 to 127: reason"
  std::string message() const;
};

/// "000001.vectors"
std::string segment_name(int64_t number);
/// The number in such a name; 0 where it is another.
int64_t segment_number(const std::string& name);

/// Writes vectors behind the first `rows` of a segment, which is made where `rows` is 0, and does not return
/// before they are on the disk.
/// @return the block
/// @throws DataError  it cannot be written; then what was there before is as it was
Block append_rows(const std::filesystem::path& folder, int64_t number, int64_t rows,
                  eval::VectorView vectors);

/// A segment's file, memory-mapped.
class MappedSegment {
 public:
  /// @throws DataError  missing, or with another header
  MappedSegment(const std::filesystem::path& folder, int64_t number, int64_t width);

  /// Rows that the file has bytes for.
  int64_t rows() const { return rows_; }
  const float* row(int64_t i) const { return values_ + i * width_; }
  const std::filesystem::path& path() const { return file_.path(); }
  /// Why a block cannot be served; empty where it can.
  std::string fault(const Block& block) const;

 private:
  MappedFile file_;
  int64_t width_, rows_ = 0;
  const float* values_ = nullptr;
};

/// Writes a folder's entries to the disk: a new file is in it after a power cut too.
void sync_folder(const std::filesystem::path& folder);

}  // namespace dmf::search
