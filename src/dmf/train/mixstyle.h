#pragma once
#include <torch/types.h>

#include "dmf/core/random.h"

namespace dmf::train {

/// MixStyle: a sample's channel means and deviations become a mixture of its own and another sample's, its
/// content stays. What a camera does to colours is mostly in these statistics, so that the model cannot lean
/// on them.
///
/// Source: Zhou et al. 2021, "Domain generalization with MixStyle", arXiv:2104.02008. Not in the paper.
///   y_i = s (x_i - mean_i) / std_i + m,  m = l mean_i + (1 - l) mean_j,  s likewise,  l ~ Beta(alpha, alpha)
///
/// @param maps         [B, C, h, w] floating, any device
/// @param probability  of each sample being mixed with a partner of a random permutation
/// @return             [B, C, h, w], type of `maps`
torch::Tensor mixstyle(const torch::Tensor& maps, double probability, double alpha, RandomStream& random);

}  // namespace dmf::train
