#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace dmf::fetch {

/// What a downloaded file must be. What is not known is 0 or empty.
struct ExpectedContent {
  int64_t size = 0;
  std::string sha256;            ///< from the table: all 64 hexadecimal digits, or its first ones
  std::string publisher_sha256;  ///< 64 digits, told by the server
  std::string publisher_git_id;  ///< 40 digits: SHA-1 of git's object, told by the server
};

/// What a file is, and by what that was checked.
struct CheckedContent {
  int64_t size = 0;
  std::string sha256;
  std::string checked_by;  ///< the strongest that was there, in words; never empty
};

/// Words for what `sha256` of the table, not empty, pins: "SHA-256 in dmf's table" or "first 8 digits of
/// SHA-256, from the file's name".
std::string pin_text(const std::string& sha256);

/// Reads a file and compares.
/// @throws DataError  naming path, what was expected and what is there; the file stays
CheckedContent check_content(const std::filesystem::path& path, const ExpectedContent& expected);

}  // namespace dmf::fetch
