#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dmf/translate/token_file.h"

namespace dmf::translate {

/// Writes a token file chunk by chunk, in any order, beside its final name (PATH.part). What was written
/// survives the end of the process: a new writer goes on with it. Holds the lock PATH.lock while it lives.
///
/// Several processes can fill one file, each its own chunks: one opens it, the others join it; when all have
/// flushed, the one that opened commits.
class TokenFileWriter {
 public:
  enum class Role {
    kOpens,  ///< makes the file or goes on with it; keeps others out
    kJoins   ///< writes into the file that another process keeps open
  };

  /// Who opens takes the lock (waiting for another process, which is logged), reserves the disk space, and
  /// finds the chunks that an earlier writer finished.
  /// @throws DataError  the folder cannot be written; too little space: bytes needed and free; there is no file
  ///                    of this layout to join
  TokenFileWriter(const std::filesystem::path& path, const TokenLayout& layout, Role role = Role::kOpens);
  ~TokenFileWriter();
  TokenFileWriter(const TokenFileWriter&) = delete;
  TokenFileWriter& operator=(const TokenFileWriter&) = delete;

  /// Whether another process finished the file while this one waited for the lock: nothing is to be written.
  bool is_finished() const { return part_ < 0; }
  /// The file's final name.
  const std::filesystem::path& path() const { return path_; }
  /// Whether the chunk is there: its bytes are compared with their checksum when it is first asked.
  bool has(int64_t chunk);
  /// @param bytes  chunk_bytes(chunk) bytes
  void write(int64_t chunk, std::span<const std::byte> bytes);
  /// What was written is on the disk, for other hosts to see, too.
  void flush();
  /// Gives the file its final name.
  /// @throws DataError  a chunk is not there
  void commit();

  /// Leaves a number in the lock file, by which other processes find out whether they see the same file.
  void leave_mark(int64_t mark);
  static bool has_mark(const std::filesystem::path& path, int64_t mark);

 private:
  void lock();
  void open_or_begin();
  void join();
  void close_all();
  void open_part(int flags);
  bool is_of_this_layout() const;
  void begin_part();
  void reserve();
  void read_table();
  void enter(int64_t chunk, uint64_t checksum);
  void write_at(int64_t offset, std::span<const std::byte> bytes);

  std::filesystem::path path_, part_path_;
  TokenLayout layout_;
  std::vector<uint64_t> checksums_;
  std::vector<bool> checked_;  ///< chunks whose bytes fit their checksum, as this process knows
  int lock_ = -1, part_ = -1;
};

}  // namespace dmf::translate
