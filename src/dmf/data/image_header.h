#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dmf::data {

enum class ImageFormat { kJpeg, kPng, kBmp, kWebp, kTiff, kPnm };

/// Format by the first bytes; empty where it is none of ours.
std::optional<ImageFormat> image_format(std::span<const std::byte> bytes);

struct ImageSize {
  int64_t height, width;
};

/// Size as the header of a PNG, BMP, WebP, TIFF or PNM tells it; empty where the header is broken.
std::optional<ImageSize> header_size(std::span<const std::byte> bytes, ImageFormat format);

/// EXIF orientation of a JPEG, 1 … 8; 1 where it has none or a broken one.
int exif_orientation(std::span<const std::byte> jpeg);

}  // namespace dmf::data
