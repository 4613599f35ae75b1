#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::fetch {

/// A file of a checkpoint.
struct CheckpointFile {
  std::string name;  ///< in the checkpoint's folder, as published
  std::string url;   ///< at its publisher
  int64_t size = 0;  ///< bytes; 0: only known in megabytes
  double megabytes;  ///< about, for plans
  std::string
      sha256;  ///< 64 digits: pinned; 8: what its published name carries; empty: what the server tells
};

/// What a download of the file is checked by, in words: "SHA-256 in dmf's table", "SHA-256 that the
/// publisher's server tells" …
std::string pin_text(const CheckpointFile& file);

/// Pre-trained weights that `dmf fetch` knows.
struct Checkpoint {
  std::string name;       ///< as typed
  std::string title;      ///< one line
  std::string publisher;  ///< who, and under which licence
  std::vector<CheckpointFile> files;
  std::vector<std::string> options;  ///< of a run that uses it; {} stands for path_in()

  double megabytes() const;
  /// What options take: the folder, or the file where there is only one.
  std::filesystem::path path_in(const std::filesystem::path& cache) const;
  /// Where a file lies.
  std::filesystem::path file_in(const std::filesystem::path& cache, const CheckpointFile& file) const;
};

/// All of them.
const std::vector<Checkpoint>& known_checkpoints();

/// The one of this name. Throws InvalidArgument listing the names.
const Checkpoint& find_checkpoint(const std::string& name);

}  // namespace dmf::fetch
