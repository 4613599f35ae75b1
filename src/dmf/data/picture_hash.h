#pragma once
#include <array>
#include <cstdint>
#include <filesystem>

namespace dmf::data {

/// Signs of the horizontal steps of a grey thumbnail of 16 rows and 9 columns: 128 bits, which change little
/// when a picture is scaled, compressed again or made lighter. Source: the "difference hash" of image search.
struct PictureHash {
  static constexpr int kRows = 16, kSteps = 8;
  std::array<uint64_t, 2> bits{};

  friend bool operator==(const PictureHash&, const PictureHash&) = default;
};

/// Bits in which two hashes differ.
int different_bits(const PictureHash& a, const PictureHash& b);

/// What one image file holds.
struct ImageFacts {
  uint64_t content = 0;  ///< the first 64 bits of the file's SHA-256
  PictureHash hash;
  int64_t height = 0, width = 0;  ///< as stored: without the turn that EXIF asks for
};

/// Reads a file once: its content's hash, its size, its picture at reduced size.
/// @throws DataError  as decode_pixels()
ImageFacts read_image_facts(const std::filesystem::path& path);

}  // namespace dmf::data
