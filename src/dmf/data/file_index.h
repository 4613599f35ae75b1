#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dmf::data {

/// The image files of a folder and of all folders in it, with their sizes: made for millions of files.
///
/// Folders are read as a stream; in memory is a name (its own characters and 8 bytes) for each file. The
/// index of a large folder is kept in a file, so that the next start reads no folder: it is used as long as
/// every folder is there with the time of change that it had. A file that was written over in its place,
/// under its old name, is not noticed: delete the index then.
class FileIndex {
 public:
  struct Folder {
    std::string name;  ///< below the root, with '/'; empty for the root itself
    int64_t changed;   ///< nanoseconds; 0 where it had just been changed, which is never taken as known
    uint64_t first, count;
  };

  /// Indices of fewer files are not kept: listing them takes no time.
  static constexpr uint64_t kWorthKeeping = 20000;

  /// Reads the folder or its kept index.
  /// @param cache  where indices are kept; created. A cache that cannot be written is logged, not an error.
  /// @throws DataError  a folder that cannot be listed
  static FileIndex open(const std::filesystem::path& root,
                        const std::filesystem::path& cache = ".cache/index",
                        uint64_t worth_keeping = kWorthKeeping);

  uint64_t size() const;                                           ///< image files
  const std::vector<Folder>& folders() const { return folders_; }  ///< sorted, part by part
  std::string_view name(uint64_t file) const;                      ///< without its folder; sorted within each
  int64_t bytes(uint64_t file) const;
  uint64_t others() const { return others_; }  ///< files that are neither images nor lists
  bool was_kept() const { return was_kept_; }  ///< true where no folder was read

 private:
  class Lister;
  struct Entry {
    uint32_t end;    ///< of the name, in the folder's part of names_
    uint32_t bytes;  ///< at most 4 GiB - 1
  };

  static std::filesystem::path path_of(const std::filesystem::path& root, const std::filesystem::path& cache);
  bool load(const std::filesystem::path& root, const std::filesystem::path& path);
  void save(const std::filesystem::path& path) const;

  std::vector<Folder> folders_;
  std::vector<uint64_t> names_start_;  // by folder
  std::vector<Entry> entries_;
  std::string names_;
  uint64_t others_ = 0;
  bool was_kept_ = false;
};

}  // namespace dmf::data
