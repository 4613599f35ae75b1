#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "dmf/core/file.h"

namespace dmf::translate {

/// What a token file holds: `rows` rows of `row_bytes` bytes, written and checked in chunks of `chunk_rows`
/// rows.
///
/// File: magic "DMFTOK1\n", length of the header (8 bytes, little endian), the header (JSON: `key` and these
/// numbers), a table with an 8-byte checksum for each chunk (0 = not written yet), then from a multiple of
/// 4096 on the rows.
struct TokenLayout {
  nlohmann::json key;  ///< fingerprints and shape: a file with another key is another store
  int64_t rows = 0;
  int64_t row_bytes = 0;
  int64_t chunk_rows = 32;

  int64_t chunks() const { return (rows + chunk_rows - 1) / chunk_rows; }
  int64_t payload_bytes() const { return rows * row_bytes; }
  std::string header() const;      ///< magic, length and JSON
  int64_t table_offset() const;    ///< of the checksums
  int64_t payload_offset() const;  ///< of row 0
  int64_t file_bytes() const { return payload_offset() + payload_bytes(); }
  int64_t chunk_offset(int64_t chunk) const { return payload_offset() + chunk * chunk_rows * row_bytes; }
  int64_t chunk_bytes(int64_t chunk) const;
};

/// Checksum of a chunk, never 0. Not cryptographic: it finds torn and damaged writes at memory speed.
uint64_t chunk_checksum(std::span<const std::byte> bytes);

/// A finished token file, mapped.
class TokenFile {
 public:
  /// Opens and checks: size, header, that every chunk is there, and the checksums of some chunks spread over
  /// the file.
  /// @throws DataError  naming the file and what is wrong; the hint says to delete it
  TokenFile(const std::filesystem::path& path, const TokenLayout& layout);

  /// Bytes of a row. Only the pages that are touched are read.
  std::span<const std::byte> row(int64_t index) const;
  /// Asks the system to read these rows from the disk in advance.
  void will_need(int64_t index) const;
  /// The rows may leave this process's memory (they stay in the system's page cache).
  void release(int64_t index) const;
  /// Compares every chunk with its checksum.
  /// @throws DataError  naming the first damaged chunk's offset
  void verify_all() const;

  const TokenLayout& layout() const { return layout_; }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  void verify_chunk(int64_t chunk) const;
  void advise(std::span<const std::byte> bytes, int advice) const;

  TokenLayout layout_;
  MappedFile file_;
  int64_t payload_offset_ = 0;
  std::vector<uint64_t> table_;  ///< checksum of each chunk
};

}  // namespace dmf::translate
