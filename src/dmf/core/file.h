#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dmf {

/// What the system says to an error number; where space has run out, with the hint to make some.
std::string system_reason(int code);

/// A read-only memory-mapped file. Throws DataError (with the system's reason) when it cannot be opened.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

/// Writes a file beside its final name and renames it when commit() is called: readers see the old file or
/// the whole new one, never a part. Without commit() the part is removed. A symbolic link stays, what it
/// leads to is replaced; a device or a pipe (/dev/stdout) is written to. Errors (a full disk too) throw
/// DataError.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Flushes to the disk and gives the file its final name.
  void commit();

 private:
  bool is_stream() const { return part_.empty(); }

  std::filesystem::path path_;
  std::filesystem::path part_;  // empty where it is written to directly
  int descriptor_ = -1;
};

/// Removes what processes that were killed while they wrote left in `folder`: files `NAME.partPID`. Only
/// where no other process writes there now. @return how many
int64_t remove_parts(const std::filesystem::path& folder);

/// Whole file as text. Throws DataError.
std::string read_text(const std::filesystem::path& path);

/// Replaces `path` by `text` atomically. Creates the parent folder.
void write_text(const std::filesystem::path& path, std::string_view text);

/// SHA-256, fed piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& add(std::span<const std::byte> bytes);
  Sha256& add(std::string_view text);
  /// 64 lower-case hexadecimal digits; the object cannot be fed afterwards.
  std::string hex();

 private:
  void* context_;
};

/// SHA-256 of a text in hexadecimal digits.
std::string sha256(std::string_view text);

/// Short name of a file or text for messages and cache keys: the first 16 digits of its SHA-256.
std::string fingerprint(std::string_view text);

}  // namespace dmf
