#pragma once
#include <filesystem>

namespace dmf {

/// Keeps other processes out of a folder that one process writes at a time, by a lock (flock) on the file
/// `lock` in it. The system takes the lock away with the process, however that ends: a file that a dead
/// process left is no hindrance.
///
///   const FolderLock lock(run_folder);   // until the end of the scope
class FolderLock {
 public:
  /// Takes the lock, or refuses: it does not wait.
  /// @param folder  made where it is missing
  /// @throws InvalidArgument  another process holds it: which, on which host, since when
  /// @throws DataError        the folder or the file cannot be written
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace dmf
