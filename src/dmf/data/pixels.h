#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dmf/core/file.h"

namespace dmf::data {

/// A picture: height × width × 3 bytes, red green blue, row by row.
struct Pixels {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> rgb;
};

/// Largest picture that is read, in pixels: larger ones are refused from their header, before anything is
/// allocated.
inline constexpr int64_t kMaxPixels = 100'000'000;

/// Size that means "as in the file".
inline constexpr int64_t kNativeSize = 0;

/// Reads a picture and, unless told kNativeSize, stretches it to height × width.
///
/// JPEG (baseline or progressive; colour, grey, CMYK) is read by libjpeg-turbo; where the picture is at least
/// twice the wanted size in both directions it is scaled by 1/2, 1/4 or 1/8 while decoding. PNG, BMP, WebP,
/// TIFF and PNM are read by OpenCV; 16 bits become 8, grey becomes colour, an alpha channel is dropped. The
/// format is recognised by the content, not by the name. A JPEG's EXIF orientation is applied. Resizing: see
/// resize_pixels().
///
/// @throws DataError  missing, empty, a folder, of an unknown format, truncated or otherwise broken
///   (libjpeg's warnings count as errors: what they leave is grey), larger than kMaxPixels; the message names
///   the path and the reason
/// @throws InvalidArgument  a negative size, or only one of the two
/// @note Safe to call from several threads.
Pixels decode_pixels(const std::filesystem::path& path, int64_t height = kNativeSize,
                     int64_t width = kNativeSize);

/// decode_pixels() into memory of the caller's: height × width × 3 bytes. @param height, width  not
/// kNativeSize
void decode_into(const std::filesystem::path& path, int64_t height, int64_t width, uint8_t* rgb);

/// A decoded file, with the size that it has before scaling and turning.
struct DecodedFile {
  Pixels pixels;
  int64_t stored_height = 0, stored_width = 0;
};

/// decode_pixels() of the bytes of a file. @param name  what messages call it
DecodedFile decode_bytes(std::span<const std::byte> bytes, const std::filesystem::path& name,
                         int64_t height = kNativeSize, int64_t width = kNativeSize);

/// decode_pixels() of a file that is open already.
DecodedFile decode_file(const MappedFile& file, int64_t height = kNativeSize, int64_t width = kNativeSize);

/// Stretches to height × width, axis by axis: an axis that shrinks is averaged over the covered area (OpenCV
/// INTER_AREA, which is antialiased), an axis that grows is interpolated linearly between pixel centres
/// (INTER_LINEAR).
/// @throws InvalidArgument  an empty picture or a size below 1
Pixels resize_pixels(const Pixels& picture, int64_t height, int64_t width);

}  // namespace dmf::data
