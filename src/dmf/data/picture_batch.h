#pragma once
#include <torch/types.h>

#include <vector>

#include "dmf/data/pixels.h"

namespace dmf::data {

/// Pictures of one size as a batch: [N, 3, height, width] uint8, red green blue, on the CPU.
/// @throws InvalidArgument  none, or of several sizes
torch::Tensor batch_of(const std::vector<Pixels>& pictures);

}  // namespace dmf::data
