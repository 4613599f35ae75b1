#pragma once
#include <torch/types.h>

namespace dmf::loss {

/// Identity loss: cross-entropy with label smoothing, a weighted mean over the samples.
///
/// Source: paper Section III-B, L_ID of Eq. 2; label smoothing as in TransReID, Szegedy et al. 2016.
///   l_i = -(1 - e) log p_i[y_i] - e/C sum_c log p_i[c];   L = sum_i w_i l_i / sum_i w_i
///
/// @param logits     [B, C] floating, any device
/// @param labels     [B] int64, 0 <= label < C
/// @param weights    [B] floating, >= 0, not all zero; undefined = all 1
/// @param smoothing  e in [0, 1)
/// @return           [] of `logits`' type (float32 for 16-bit logits), >= 0, differentiable in `logits`
/// @throws InvalidArgument  wrong shape or type, a label outside of the classes
torch::Tensor identity_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                            const torch::Tensor& weights, double smoothing);

}  // namespace dmf::loss
