#include "dmf/search/segment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "dmf/core/error.h"
#include "dmf/search/digest.h"

namespace dmf::search {
namespace {

constexpr std::string_view kMagic = "dmf vectors 1\n";
constexpr std::string_view kEnding = ".vectors";

using Header = std::array<char, kSegmentHeader>;

Header header_of(int64_t number, int64_t width) {
  Header header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + 16, &width, sizeof(width));
  std::memcpy(header.data() + 24, &number, sizeof(number));
  return header;
}

std::span<const std::byte> bytes_of(const float* values, int64_t count) {
  return std::as_bytes(std::span(values, static_cast<size_t>(count)));
}

/// A file that is written at given places; closed at the end of its scope.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags) : path_(path) {
    number_ = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (number_ < 0) fail("cannot open");
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void write(std::span<const std::byte> bytes, int64_t at) const {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(number_, bytes.data(), bytes.size(), at);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail("cannot write");
      at += written;
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }
  void sync() const {
    if (::fsync(number_) != 0) fail("cannot write");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw DataError(fmt::format("{}: {}: {}", path_.string(), what, std::generic_category().message(errno)));
  }

  std::filesystem::path path_;
  int number_;
};

}  // namespace

std::string Damage::message() const {
  return fmt::format("{}: rows {} to {}: {}", file, first, first + rows - 1, reason);
}

std::string segment_name(int64_t number) { return fmt::format("{:06}{}", number, kEnding); }

int64_t segment_number(const std::string& name) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && name.substr(static_cast<size_t>(end - name.data())) == kEnding ? number : 0;
}

void sync_folder(const std::filesystem::path& folder) { Descriptor(folder, O_RDONLY | O_DIRECTORY).sync(); }

Block append_rows(const std::filesystem::path& folder, int64_t number, int64_t rows,
                  eval::VectorView vectors) {
  const std::filesystem::path path = folder / segment_name(number);
  {
    const Descriptor file(path, O_WRONLY | O_CREAT);
    const Header header = header_of(number, vectors.width);
    if (rows == 0) file.write(std::as_bytes(std::span(header)), 0);
    const auto bytes = bytes_of(vectors.values.data(), vectors.count * vectors.width);
    file.write(bytes, kSegmentHeader + rows * vectors.width * static_cast<int64_t>(sizeof(float)));
    file.sync();
  }
  if (rows == 0) sync_folder(folder);
  return {number, rows, vectors.count,
          digest(bytes_of(vectors.values.data(), vectors.count * vectors.width))};
}

MappedSegment::MappedSegment(const std::filesystem::path& folder, int64_t number, int64_t width)
    : file_(folder / segment_name(number)), width_(width) {
  const Header expected = header_of(number, width);
  const std::string_view text = file_.text();
  DMF_CHECK(text.size() >= expected.size(), DataError, "{}: cut short: {} bytes", path().string(),
            text.size());
  DMF_CHECK(std::equal(expected.begin(), expected.end(), text.begin()), DataError,
            "{}: damaged header: not segment {} of vectors of {} numbers", path().string(), number, width);
  values_ = reinterpret_cast<const float*>(text.data() + kSegmentHeader);
  rows_ =
      (static_cast<int64_t>(text.size()) - kSegmentHeader) / (width * static_cast<int64_t>(sizeof(float)));
}

std::string MappedSegment::fault(const Block& block) const {
  if (block.first < 0 || block.rows < 1 || block.first + block.rows > rows_)
    return fmt::format("cut short: the file has {} rows", rows_);
  if (digest(bytes_of(row(block.first), block.rows * width_)) != block.digest)
    return "damaged: does not fit its digest";
  return "";
}

}  // namespace dmf::search
