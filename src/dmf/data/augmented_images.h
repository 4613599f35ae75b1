#pragma once
#include <torch/types.h>

#include <filesystem>
#include <vector>

#include "dmf/core/random.h"
#include "dmf/data/augment.h"
#include "dmf/data/change_writer.h"

namespace dmf::data {

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
