#pragma once
#include <torch/types.h>

#include <array>
#include <filesystem>
#include <vector>

#include "dmf/core/random.h"
#include "dmf/data/augment.h"

namespace dmf::data {

/// A pixel's value v of channel c becomes v * scale[c] + shift[c].
struct PixelScale {
  std::array<float, 3> scale, shift;
};

/// Image files as training reads them, in one pass over each and on all cores: decoded, stretched, flipped,
/// cropped, erased and scaled. The same numbers, from the same draws, as load_images(), augment() and the
/// scaling one after another give.
/// @param options  `fill` = "zero"
/// @return         [N, 3, height, width] float32, channels-last
/// @throws DataError        a file that cannot be decoded: what the first one, by order, says
/// @throws InvalidArgument  fill = "mean"
torch::Tensor load_augmented(const std::vector<std::filesystem::path>& paths, int64_t height, int64_t width,
                             const AugmentOptions& options, const PixelScale& scale, RandomStream& random);

}  // namespace dmf::data
