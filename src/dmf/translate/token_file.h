#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

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
  void advise(int64_t index, int advice) const;

  TokenLayout layout_;
  MappedFile file_;
};

/// Writes a token file chunk by chunk, in any order, beside its final name (PATH.part). What was written
/// survives the end of the process: a new writer goes on with it. Holds the lock PATH.lock while it lives.
class TokenFileWriter {
 public:
  /// Takes the lock (waiting for another process, which is logged), reserves the disk space, and finds the
  /// chunks that an earlier writer finished, checking them.
  /// @throws DataError  the folder cannot be written; too little space: bytes needed and free
  TokenFileWriter(const std::filesystem::path& path, const TokenLayout& layout);
  ~TokenFileWriter();
  TokenFileWriter(const TokenFileWriter&) = delete;
  TokenFileWriter& operator=(const TokenFileWriter&) = delete;

  /// Whether another process finished the file while this one waited for the lock: nothing is to be written.
  bool is_finished() const { return part_ < 0; }
  bool has(int64_t chunk) const;
  /// @param bytes  chunk_bytes(chunk) bytes
  void write(int64_t chunk, std::span<const std::byte> bytes);
  /// Gives the file its final name. Every chunk must be there.
  void commit();

 private:
  void lock();
  void open_part();
  void reserve();
  void find_finished();
  void write_at(int64_t offset, std::span<const std::byte> bytes);

  std::filesystem::path path_, part_path_;
  TokenLayout layout_;
  std::vector<uint64_t> checksums_;
  int lock_ = -1, part_ = -1;
};

}  // namespace dmf::translate
