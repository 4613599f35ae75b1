#include "dmf/translate/token_file_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"

namespace dmf::translate {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockBytes = 512;  ///< unit of st_blocks

std::string reason(int code) { return std::generic_category().message(code); }

fs::path with_ending(fs::path path, const char* ending) {
  path += ending;
  return path;
}

}  // namespace

TokenFileWriter::TokenFileWriter(const fs::path& path, const TokenLayout& layout, Role role)
    : path_(path), part_path_(with_ending(path, ".part")), layout_(layout) {
  checksums_.assign(static_cast<size_t>(layout_.chunks()), 0);
  checked_.assign(checksums_.size(), false);
  try {
    role == Role::kOpens ? open_or_begin() : join();
  } catch (...) {
    close_all();
    throw;
  }
}

void TokenFileWriter::open_or_begin() {
  std::error_code failed;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), failed);
  DMF_CHECK(!failed, DataError, "{}: cannot make the folder: {}", path_.parent_path().string(),
            failed.message());
  lock();
  if (fs::exists(path_)) return;
  open_part(O_CREAT);
  is_of_this_layout() ? read_table() : begin_part();
}

void TokenFileWriter::join() {
  open_part(0);
  DMF_CHECK(is_of_this_layout(), DataError, "{}: not the token store that is being built",
            part_path_.string());
  read_table();
}

TokenFileWriter::~TokenFileWriter() { close_all(); }

void TokenFileWriter::close_all() {
  if (part_ >= 0) ::close(part_);
  if (lock_ >= 0) ::close(lock_);  // and with it the lock
  part_ = lock_ = -1;
}

void TokenFileWriter::lock() {
  const fs::path lock_path = with_ending(path_, ".lock");
  lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  DMF_CHECK(lock_ >= 0, DataError, "{}: cannot write: {}", lock_path.string(), reason(errno));
  bool is_told = false;
  while (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    DMF_CHECK(errno == EWOULDBLOCK || errno == EINTR, DataError, "{}: cannot lock: {}", lock_path.string(),
              reason(errno));
    if (!is_told) spdlog::info("{}: another process is building it; waiting", path_.string());
    is_told = true;
    stop_if_interrupted("waiting for a token store");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void TokenFileWriter::open_part(int flags) {
  part_ = ::open(part_path_.c_str(), O_RDWR | O_CLOEXEC | flags, 0644);
  DMF_CHECK(part_ >= 0, DataError, "{}: cannot write: {}", part_path_.string(), reason(errno));
}

bool TokenFileWriter::is_of_this_layout() const {
  const std::string header = layout_.header();
  std::string found(header.size(), '\0');
  struct stat status {};
  return ::fstat(part_, &status) == 0 && status.st_size == layout_.file_bytes() &&
         ::pread(part_, found.data(), found.size(), 0) == static_cast<ssize_t>(found.size()) &&
         found == header;
}

void TokenFileWriter::begin_part() {
  DMF_CHECK(::ftruncate(part_, 0) == 0, DataError, "{}: cannot write: {}", part_path_.string(),
            reason(errno));
  try {
    reserve();
    const std::string header = layout_.header();
    write_at(0, std::as_bytes(std::span(header)));
  } catch (...) {
    ::unlink(part_path_.c_str());
    throw;
  }
}

void TokenFileWriter::reserve() {
  const int64_t needed = layout_.file_bytes();
  std::error_code failed;
  const fs::space_info space = fs::space(part_path_, failed);
  const auto free = failed ? needed : static_cast<int64_t>(space.available);
  int code = free < needed ? ENOSPC : 0;
  if (code == 0 && ::fallocate(part_, 0, 0, needed) != 0) code = errno;
  if (code == EOPNOTSUPP || code == ENOSYS) code = ::ftruncate(part_, needed) == 0 ? 0 : errno;
  if (code == 0) return;
  throw DataError(Expectation{path_.string(),
                              fmt::format("cannot reserve space for a token store: {}", reason(code)),
                              fmt::format("{} bytes", needed), fmt::format("{} bytes free", free),
                              "free some, name another cache folder, or store fewer views"}
                      .message());
}

void TokenFileWriter::read_table() {
  const size_t table_bytes = checksums_.size() * sizeof(uint64_t);
  const bool is_read = ::pread(part_, checksums_.data(), table_bytes, layout_.table_offset()) ==
                       static_cast<ssize_t>(table_bytes);
  DMF_CHECK(is_read, DataError, "{}: cannot read: {}", part_path_.string(), reason(errno));
}

bool TokenFileWriter::has(int64_t chunk) {
  const auto i = static_cast<size_t>(chunk);
  if (checksums_[i] == 0 || checked_[i]) return checksums_[i] != 0;
  std::vector<std::byte> bytes(static_cast<size_t>(layout_.chunk_bytes(chunk)));
  const ssize_t got = ::pread(part_, bytes.data(), bytes.size(), layout_.chunk_offset(chunk));
  // A table entry can reach the disk before its chunk does.
  checked_[i] = got == static_cast<ssize_t>(bytes.size()) && chunk_checksum(bytes) == checksums_[i];
  if (!checked_[i]) enter(chunk, 0);
  return checked_[i];
}

void TokenFileWriter::write(int64_t chunk, std::span<const std::byte> bytes) {
  DMF_ASSERT(static_cast<int64_t>(bytes.size()) == layout_.chunk_bytes(chunk));
  write_at(layout_.chunk_offset(chunk), bytes);
  enter(chunk, chunk_checksum(bytes));
  checked_[static_cast<size_t>(chunk)] = true;
}

void TokenFileWriter::enter(int64_t chunk, uint64_t checksum) {
  checksums_[static_cast<size_t>(chunk)] = checksum;
  write_at(layout_.table_offset() + chunk * static_cast<int64_t>(sizeof(checksum)),
           std::as_bytes(std::span(&checksum, 1)));
}

void TokenFileWriter::write_at(int64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(part_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    DMF_CHECK(written > 0, DataError, "{}: cannot write: {}", part_path_.string(), reason(errno));
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += written;
  }
}

void TokenFileWriter::flush() {
  DMF_CHECK(::fsync(part_) == 0, DataError, "{}: cannot finish writing: {}", part_path_.string(),
            reason(errno));
}

void TokenFileWriter::commit() {
  flush();
  read_table();  // of what other processes have written, too
  for (int64_t chunk = 0; chunk < layout_.chunks(); ++chunk) {
    DMF_CHECK(checksums_[static_cast<size_t>(chunk)] != 0, DataError, "{}: chunk {} of {} was not written",
              part_path_.string(), chunk, layout_.chunks());
  }
  DMF_CHECK(::rename(part_path_.c_str(), path_.c_str()) == 0, DataError, "{}: cannot finish writing: {}",
            path_.string(), reason(errno));
}

void TokenFileWriter::leave_mark(int64_t mark) {
  const bool is_left = ::pwrite(lock_, &mark, sizeof(mark), 0) == sizeof(mark) && ::fsync(lock_) == 0;
  DMF_CHECK(is_left, DataError, "{}: cannot write: {}", with_ending(path_, ".lock").string(), reason(errno));
}

bool TokenFileWriter::has_mark(const fs::path& path, int64_t mark) {
  const int lock = ::open(with_ending(path, ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  int64_t found = 0;
  const bool is_same = lock >= 0 && ::pread(lock, &found, sizeof(found), 0) == sizeof(found) && found == mark;
  if (lock >= 0) ::close(lock);
  return is_same;
}

}  // namespace dmf::translate
