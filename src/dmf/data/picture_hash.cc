#include "dmf/data/picture_hash.h"

#include <bit>

#include "dmf/core/file.h"
#include "dmf/data/pixels.h"

namespace dmf::data {
namespace {

/// Brightness of a pixel, times 256. Source: ITU-R BT.601.
int luma(const uint8_t* rgb) { return 77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2]; }

PictureHash hash_of(const Pixels& thumbnail) {
  PictureHash hash;
  int bit = 0;
  for (int64_t row = 0; row < PictureHash::kRows; ++row) {
    for (int64_t step = 0; step < PictureHash::kSteps; ++step, ++bit) {
      const uint8_t* left = &thumbnail.rgb[static_cast<size_t>(3 * (row * thumbnail.width + step))];
      if (luma(left + 3) > luma(left)) hash.bits[static_cast<size_t>(bit / 64)] |= uint64_t{1} << (bit % 64);
    }
  }
  return hash;
}

}  // namespace

int different_bits(const PictureHash& a, const PictureHash& b) {
  return std::popcount(a.bits[0] ^ b.bits[0]) + std::popcount(a.bits[1] ^ b.bits[1]);
}

ImageFacts read_image_facts(const std::filesystem::path& path) {
  const MappedFile file(path);
  ImageFacts facts;
  facts.content = std::stoull(fingerprint(file.text()), nullptr, 16);
  const DecodedFile decoded = decode_file(file, PictureHash::kRows, PictureHash::kSteps + 1);
  facts.height = decoded.stored_height;
  facts.width = decoded.stored_width;
  facts.hash = hash_of(decoded.pixels);
  return facts;
}

}  // namespace dmf::data
