#pragma once
#include <torch/types.h>

#include <algorithm>

#include "dmf/world/look.h"

namespace dmf::cli {

/// A synthetic image as models take it: [3, H, W] uint8.
inline torch::Tensor world_pixels(const world::Image8& image) {
  torch::Tensor pixels = torch::empty({image.height, image.width, 3}, torch::kUInt8);
  std::copy(image.rgb.begin(), image.rgb.end(), pixels.mutable_data_ptr<uint8_t>());
  return pixels.permute({2, 0, 1}).contiguous();
}

}  // namespace dmf::cli
