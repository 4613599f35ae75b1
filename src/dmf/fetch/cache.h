#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dmf/fetch/checkpoints.h"
#include "dmf/fetch/download.h"

namespace dmf::fetch {

/// Folder of the checkpoints: $DMF_WEIGHTS, else .cache/weights in the working folder.
std::filesystem::path standard_cache();

/// How much of a checkpoint is there.
struct CacheState {
  int64_t files = 0;  ///< of checkpoint.files
  int64_t bytes = 0;  ///< of these, and of parts
  bool is_complete = false;
  bool has_part = false;  ///< a download was begun and not ended
};
CacheState state_in(const std::filesystem::path& cache, const Checkpoint& checkpoint);

/// A file that fetch_checkpoint() has seen to.
struct FetchedFile {
  std::string name, url;
  std::filesystem::path path;
  CheckedContent content;
  std::string etag, commit;
  bool was_there = false;
};

/// Downloads what is missing of a checkpoint into `cache`/NAME and writes `cache`/NAME/fetch.json: addresses,
/// sizes, SHA-256, and what each file was checked by. Files that somebody else put there are checked against
/// the table; those that fetch.json knows are not read again. Two processes take turns.
///
/// @throws Error  the publisher cannot be reached: the message says which files to get from where, and where
///                to put them
/// @throws DataError, Interrupted, InvalidArgument  as download() throws them
std::vector<FetchedFile> fetch_checkpoint(const Checkpoint& checkpoint, const std::filesystem::path& cache,
                                          const DownloadOptions& options);

/// Path of a checkpoint that was fetched, for an option that says fetch:NAME.
/// @throws DataError  it is not (wholly) there; the message says how to get it
std::filesystem::path fetched_path(const std::string& name, const std::filesystem::path& cache);

/// The checkpoint's options with its path, each as --set takes it.
std::vector<std::string> options_of(const Checkpoint& checkpoint, const std::filesystem::path& cache);

}  // namespace dmf::fetch
