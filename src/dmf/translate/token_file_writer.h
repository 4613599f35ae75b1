#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dmf/translate/token_file.h"

namespace dmf::translate {

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
  void close_all();
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
