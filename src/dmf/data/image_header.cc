#include "dmf/data/image_header.h"

#include <array>
#include <cctype>
#include <cstdlib>
#include <string_view>

namespace dmf::data {
namespace {

using Bytes = std::span<const std::byte>;

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Unsigned number of `count` bytes; empty beyond the end.
std::optional<int64_t> number(Bytes bytes, size_t at, size_t count, bool is_big_endian) {
  if (at > bytes.size() || bytes.size() - at < count) return {};
  int64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    value = value << 8 | std::to_integer<int64_t>(bytes[at + (is_big_endian ? i : count - 1 - i)]);
  }
  return value;
}

/// A number of the first directory of a TIFF structure (a TIFF file, or EXIF within a JPEG).
std::optional<int64_t> tiff_value(Bytes tiff, int64_t wanted_tag) {
  const std::string_view text = text_of(tiff);
  const bool is_big_endian = text.starts_with("MM");
  if (!is_big_endian && !text.starts_with("II")) return {};
  const auto directory = number(tiff, 4, 4, is_big_endian);
  if (!directory) return {};
  const auto entries = number(tiff, static_cast<size_t>(*directory), 2, is_big_endian);
  for (int64_t i = 0; i < entries.value_or(0); ++i) {
    const auto at = static_cast<size_t>(*directory + 2 + 12 * i);
    const auto tag = number(tiff, at, 2, is_big_endian), type = number(tiff, at + 2, 2, is_big_endian);
    if (!tag || !type) return {};
    if (*tag != wanted_tag) continue;
    constexpr int64_t kShort = 3;
    return number(tiff, at + 8, *type == kShort ? 2 : 4, is_big_endian);
  }
  return {};
}

std::optional<ImageSize> size_of(std::optional<int64_t> height, std::optional<int64_t> width) {
  if (!height || !width) return {};
  return ImageSize{*height, *width};
}

/// "P6 width height …", with comment lines from # on.
std::optional<ImageSize> pnm_size(std::string_view text) {
  std::array<std::optional<int64_t>, 2> values;
  size_t at = 2;
  for (auto& value : values) {
    while (at < text.size() && (std::isspace(static_cast<unsigned char>(text[at])) != 0 || text[at] == '#')) {
      if (text[at] == '#') at = text.find('\n', at);
      if (at == std::string_view::npos) return {};
      ++at;
    }
    int64_t digits = 0;
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0 && digits < 10;
         ++at, ++digits) {
      value = value.value_or(0) * 10 + (text[at] - '0');
    }
  }
  return size_of(values[1], values[0]);
}

std::optional<ImageSize> webp_size(Bytes bytes) {
  const std::string_view kind = text_of(bytes).substr(12, 4);
  const auto plus_one = [](std::optional<int64_t> value) {
    return value ? std::optional(*value + 1) : value;
  };
  if (kind == "VP8X")
    return size_of(plus_one(number(bytes, 27, 3, false)), plus_one(number(bytes, 24, 3, false)));
  if (kind == "VP8L") {
    const auto bits = number(bytes, 21, 4, false);  // 14 bits of width - 1, 14 bits of height - 1
    if (!bits) return {};
    return ImageSize{(*bits >> 14 & 0x3fff) + 1, (*bits & 0x3fff) + 1};
  }
  const auto height = number(bytes, 28, 2, false), width = number(bytes, 26, 2, false);
  if (!height || !width) return {};
  return ImageSize{*height & 0x3fff, *width & 0x3fff};  // the upper two bits are a scale for display
}

}  // namespace

std::optional<ImageFormat> image_format(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::kPng;
  if (text.starts_with("BM")) return ImageFormat::kBmp;
  if (text.starts_with("RIFF") && text.size() >= 16 && text.substr(8, 4) == "WEBP") return ImageFormat::kWebp;
  if (text.starts_with(std::string_view("II*\0", 4)) || text.starts_with(std::string_view("MM\0*", 4)))
    return ImageFormat::kTiff;
  if (text.size() > 2 && text[0] == 'P' && text[1] >= '1' && text[1] <= '6' &&
      std::isspace(static_cast<unsigned char>(text[2])) != 0)
    return ImageFormat::kPnm;
  return {};
}

std::optional<ImageSize> header_size(Bytes bytes, ImageFormat format) {
  constexpr int64_t kTagWidth = 0x100, kTagHeight = 0x101;
  switch (format) {
    case ImageFormat::kPng:
      return size_of(number(bytes, 20, 4, true), number(bytes, 16, 4, true));
    case ImageFormat::kBmp: {
      const auto height = number(bytes, 22, 4, false), width = number(bytes, 18, 4, false);
      if (!height || !width) return {};
      return ImageSize{std::abs(static_cast<int64_t>(static_cast<int32_t>(*height))),
                       *width};  // negative: top down
    }
    case ImageFormat::kWebp:
      return webp_size(bytes);
    case ImageFormat::kTiff:
      return size_of(tiff_value(bytes, kTagHeight), tiff_value(bytes, kTagWidth));
    case ImageFormat::kPnm:
      return pnm_size(text_of(bytes));
    case ImageFormat::kJpeg:
      break;
  }
  return {};
}

int exif_orientation(Bytes jpeg) {
  constexpr int64_t kApp1 = 0xFFE1, kStartOfScan = 0xFFDA, kTagOrientation = 0x112;
  for (size_t at = 2;;) {
    const auto marker = number(jpeg, at, 2, true), length = number(jpeg, at + 2, 2, true);
    if (!marker || !length || *marker < 0xFF00 || *marker == kStartOfScan || *length < 2) return 1;
    const size_t end = at + 2 + static_cast<size_t>(*length);
    if (end > jpeg.size()) return 1;
    const Bytes segment = jpeg.subspan(at + 4, end - at - 4);
    constexpr std::string_view kExif("Exif\0\0", 6);
    if (*marker == kApp1 && text_of(segment).starts_with(kExif)) {
      const int64_t value = tiff_value(segment.subspan(kExif.size()), kTagOrientation).value_or(1);
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    at = end;
  }
}

}  // namespace dmf::data
