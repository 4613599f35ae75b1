#pragma once
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::data {

/// Reads an image file as decode_pixels() (pixels.h) does: formats, orientation, resizing and errors are told
/// there.
/// @return [3, height, width] uint8, red green blue, on the CPU
/// @throws DataError  the file cannot be read or decoded; names path and reason
torch::Tensor decode_image(const std::filesystem::path& path, int64_t height, int64_t width);

/// What load_images() does with an image that cannot be decoded.
enum class BrokenImages { kFail, kCollect };

struct LoadOptions {
  int64_t height = 256;
  int64_t width = 128;
  int64_t threads = 0;  ///< 0: one for each available processor
  BrokenImages broken = BrokenImages::kFail;
};

/// An image that could not be decoded.
struct BrokenImage {
  size_t index;        ///< into the paths that were given
  std::string reason;  ///< names the path
};

struct LoadedImages {
  torch::Tensor pixels;  ///< [N, 3, H, W] uint8, CPU, in the order of the paths; a broken image is all zero
  std::vector<BrokenImage> broken;  ///< by index; empty with BrokenImages::kFail
};

/// Decodes many images at once, in several threads, keeping their order.
/// @throws DataError  with BrokenImages::kFail: what the first broken image (by order) says
LoadedImages load_images(const std::vector<std::filesystem::path>& paths, const LoadOptions& options);

}  // namespace dmf::data
