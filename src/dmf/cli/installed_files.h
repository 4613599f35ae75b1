#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::cli {

/// What became of the files that were installed.
struct FileCheck {
  int64_t good = 0;
  std::vector<std::string> altered, missing;  ///< paths below the prefix
  std::vector<std::string> unknown;           ///< in folders that are the program's alone, and not listed
  bool is_whole() const { return altered.empty() && missing.empty() && unknown.empty(); }
};

/// Compares the files below `prefix` with a list of their digests (as sha256sum writes it), after the list's
/// signature.
/// @param list        PREFIX/share/dmf/SHA256SUMS; its signature is beside it, with .sig
/// @param public_key  PEM
/// @throws DataError  no list or signature; the list is not signed by this key; a line that is none
FileCheck check_installed(const std::filesystem::path& prefix, const std::filesystem::path& list,
                          const std::string& public_key);

}  // namespace dmf::cli
