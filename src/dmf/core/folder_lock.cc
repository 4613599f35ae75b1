#include "dmf/core/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/system.h"

namespace dmf {
namespace {

/// What the holder wrote: "process 12 on host a since …".
std::string holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  return length > 0 ? std::string(text.data(), static_cast<size_t>(length)) : "an unknown process";
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  const std::string path = folder / "lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  DMF_CHECK(descriptor_ >= 0, DataError, "{}: cannot write: {}", path, system_reason(errno));
  int status = -1;
  do {
    status = ::flock(descriptor_, LOCK_EX | LOCK_NB);
  } while (status != 0 && errno == EINTR);
  if (status != 0) {
    const int code = errno;
    const std::string other = holder(descriptor_);
    ::close(descriptor_);
    DMF_CHECK(code == EWOULDBLOCK, DataError, "{}: cannot lock: {}", path, system_reason(code));
    throw InvalidArgument(
        fmt::format("{}: {} works in this folder; hint: wait until it has ended, or name another folder",
                    folder.string(), other));
  }
  const std::string mine =
      fmt::format("process {} on host {} since {}", ::getpid(), host_name(), timestamp());
  // What is written is for messages alone: a disk that is full must not keep anyone from trying.
  if (::ftruncate(descriptor_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, mine.data(), mine.size(), 0);
  }
}

FolderLock::~FolderLock() {
  ::close(descriptor_);  // and with it the lock
}

}  // namespace dmf
