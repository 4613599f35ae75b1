#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "dmf/core/error.h"

namespace dmf::weights {

/// A file that lies in memory and has a path, for tests that read thousands of variants of a file.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : descriptor_(::memfd_create("dmf-test", MFD_CLOEXEC)) {
    if (descriptor_ < 0 ||
        ::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("cannot make a file in memory");
    }
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Calls check(path, length) with each beginning of a file, from nothing to all but its last byte.
template <class Check>
void for_each_truncation(const std::string& whole, const Check& check) {
  for (size_t length = 0; length < whole.size(); ++length) {
    const MemoryFile file(std::string_view(whole).substr(0, length));
    check(file.path(), length);
  }
}

/// Reads the file once for each of its bytes, with that byte changed. Anything but a DataError is a failure.
/// @return how many of the damaged files were refused
template <class Read>
size_t refused_damages(const std::string& whole, const Read& read) {
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (at % 2 == 0 ? 0xff : 0x01));
    const MemoryFile file(damaged);
    try {
      read(file.path());
    } catch (const DataError&) {
      ++refused;
    }
  }
  return refused;
}

}  // namespace dmf::weights
