#pragma once
#include <torch/types.h>

#include <string>

#include "dmf/train/batch.h"
#include "dmf/train/ranks.h"
#include "dmf/weights/tensors.h"

namespace dmf::train {

/// What a rank computes of a batch that all ranks have drawn alike: all samples, images and texts, of some of
/// its identities, so that its P × K structure stays. Identities are counted as they come first in the batch;
/// rank r of n has those from r P / n up to (r + 1) P / n.
/// @throws InvalidArgument  fewer identities than ranks
Batch shard_of(const Batch& batch, int64_t rank, int64_t size);

/// A batch as the losses see it: all samples, on every rank.
struct WholeBatch {
  torch::Tensor features;         ///< [B, D]
  torch::Tensor labels, weights;  ///< [B]; weights undefined where there are none
  torch::Tensor is_image;         ///< [B] bool: false = a text
  int64_t first = 0, count = 0;   ///< rows that are this rank's

  /// The gradient that this rank's features have collected.
  torch::Tensor own_gradient() const { return features.grad().narrow(0, first, count); }
};
/// Of one process.
WholeBatch whole_batch(const torch::Tensor& features, const Batch& batch);
/// Of all ranks: their features, a leaf.
WholeBatch gather_batch(const Ranks& ranks, const torch::Tensor& features, const Batch& shard);

/// Adds up over the ranks what each has collected in its parameters' gradients: those through the features of
/// its shard. Behind the features every rank has computed the whole batch's: BNNeck and classifier are left
/// alone. A parameter without gradient on one rank (no texts there) gets the others'.
void sum_gradients(const Ranks& ranks, const weights::NamedTensors& parameters);

}  // namespace dmf::train
