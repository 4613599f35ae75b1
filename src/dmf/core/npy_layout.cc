#include "dmf/core/npy_layout.h"

#include <charconv>
#include <regex>
#include <sstream>
#include <string_view>

#include "dmf/core/error.h"

namespace dmf {
namespace {

class HeaderReader {
 public:
  explicit HeaderReader(const MappedFile& file) : file_(file), text_(file.text()) {}

  NpyLayout read() {
    const std::string header = find_header();
    std::smatch match;
    static const std::regex pattern(
        R"('descr':\s*'([^']+)',\s*'fortran_order':\s*(False|True),\s*'shape':\s*\(([^)]*)\))");
    if (!std::regex_search(header, match, pattern)) fail("header not understood: " + header);
    layout_.type = match[1];
    layout_.is_fortran = match[2] == "True";
    read_shape(match[3]);
    return layout_;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}", file_.path().string(), what));
  }

 private:
  size_t byte(size_t place) const { return static_cast<unsigned char>(text_[place]); }

  std::string find_header() {
    if (text_.size() < 10 || text_.substr(0, kNpyMagic.size()) != kNpyMagic) fail("not a .npy file");
    const int version = text_[6];
    if (version < 1 || version > 3) fail(fmt::format("unknown .npy version {}", version));
    const size_t start =
        version == 1 ? 10 : 12;  // versions 2 and 3 have a longer header's length in four bytes
    if (text_.size() < start) fail("cut short inside its header");
    const size_t length = byte(8) + (byte(9) << 8) + (version == 1 ? 0 : (byte(10) << 16) + (byte(11) << 24));
    if (text_.size() - start < length) fail("cut short inside its header");
    layout_.offset = start + length;
    return std::string(text_.substr(start, length));
  }

  void read_shape(const std::string& shape) {
    std::stringstream stream(shape);
    int64_t count = 1;
    for (std::string part; std::getline(stream, part, ',');) {
      if (part.find_first_of("0123456789") == std::string::npos) continue;
      int64_t size = 0;
      const size_t start = part.find_first_not_of(' ');
      const auto parsed = std::from_chars(part.data() + start, part.data() + part.size(), size);
      if (parsed.ec != std::errc() || size < 0 || __builtin_mul_overflow(count, size, &count))
        fail(fmt::format("shape ({}) is not one", shape));
      layout_.shape.push_back(size);
    }
  }

  const MappedFile& file_;
  std::string_view text_;
  NpyLayout layout_;
};

}  // namespace

int64_t NpyLayout::count() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

NpyLayout read_npy_layout(const MappedFile& file, size_t (*element_size)(const std::string& type)) {
  HeaderReader reader(file);
  const NpyLayout layout = reader.read();
  const size_t size = element_size(layout.type);
  if (size == 0) reader.fail(fmt::format("element type {} is not supported", layout.type));
  int64_t needed = 0;
  if (__builtin_mul_overflow(layout.count(), static_cast<int64_t>(size), &needed))
    reader.fail(fmt::format("shape of {} elements is not one", layout.count()));
  const size_t available = file.bytes().size() - layout.offset;
  if (available != static_cast<size_t>(needed))
    reader.fail(fmt::format("data of {} bytes expected, got {}", needed, available));
  return layout;
}

}  // namespace dmf
