#pragma once
#include <torch/types.h>

#include <array>

#include "dmf/data/augmented_images.h"

namespace dmf::translate {

/// Mean and deviation that pixels / 255 had in a model's pre-training, by channel (red, green, blue).
struct Normalisation {
  std::array<double, 3> mean{0.5, 0.5, 0.5}, deviation{0.5, 0.5, 0.5};

  /// The same as a factor and a summand of the pixels.
  data::PixelScale scale() const;
};

/// ImageNet's, as torchvision has them.
inline const Normalisation kImageNetNormalisation{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};

/// (pixel / 255 - mean) / deviation.
/// @param pixels  [B, 3, H, W] uint8, RGB, any device
/// @return        [B, 3, H, W] float32, channels-last
torch::Tensor normalised_pixels(const torch::Tensor& pixels, const Normalisation& normalisation);

}  // namespace dmf::translate
