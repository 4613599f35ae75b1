#pragma once
#include <torch/types.h>

#include <functional>
#include <vector>

#include "dmf/fuse/model.h"
#include "dmf/train/batch.h"
#include "dmf/train/ranks.h"

namespace dmf::train {

/// The features of a batch whose forward and backward passes run part by part, so that the memory is that of
/// a part: gradient accumulation that is exact for losses over the whole batch.
///
///   MicroBatches parts(model, batch, 4, precision, seed);
///   const torch::Tensor features = parts.features();         // a leaf, [B, D]
///   total_loss(features, …).total.backward();                // over the whole batch, up to the features
///   parts.backward(features.grad());                         // from there through each part, one by one
///
/// Source: Gao et al. 2021, "Scaling deep contrastive learning batch size under memory limited setup",
/// arXiv:2101.06983 (there "gradient cache"). A part is computed twice, the first time without keeping
/// anything for the backward pass, with the same random draws. Where image tokens pass through a batch norm,
/// its statistics are the whole batch's, and gradients flow through them.
///
/// Features, losses and gradients are the undivided batch's but for rounding. With dropout or drop_path the
/// draws are a part's own: others than the undivided batch's, of the same distribution.
///
/// With ranks the batch is one of several shards: statistics and their gradients are summed over all of them.
class MicroBatches {
 public:
  /// @param model  must outlive it; its encoder's batch norms must not use a batch's statistics
  /// @param parts  the batch is cut into so many, >= 1
  /// @param seed   of dropout; each part of each rank has draws of its own
  /// @param ranks  null: `batch` is the whole one; must outlive it
  /// @throws InvalidArgument  image.batch_norm = "batch"
  MicroBatches(fuse::DmfModel& model, const Batch& batch, int64_t parts, torch::Dtype precision,
               uint64_t seed, const Ranks* ranks = nullptr);

  /// [B, D] float32, a leaf that collects the gradient: images, then texts.
  const torch::Tensor& features() const { return features_; }
  /// Adds to every parameter its gradient.
  /// @param gradient  [B, D] of the features
  void backward(const torch::Tensor& gradient);

 private:
  void encode_images();
  void measure_statistics();
  void sum_over_ranks(torch::Tensor& values) const;
  torch::Tensor transform_images(size_t part) const;
  torch::Tensor read_texts(size_t part) const;
  void seed_draws(size_t part, uint64_t modality) const;
  void backward_images(const torch::Tensor& gradient);

  fuse::DmfModel& model_;
  torch::Dtype precision_;
  uint64_t seed_;
  const Ranks* ranks_;
  bool keeps_;  ///< one part: what the first pass computes is kept, nothing is computed twice
  std::vector<torch::Tensor> kept_tokens_, kept_features_;
  int64_t token_rows_ = 0;             ///< that the statistics are of
  std::vector<torch::Tensor> images_;  ///< stored maps of each part
  std::vector<torch::Tensor> tokens_;  ///< of each part, leaves [b, N, D_i]
  std::vector<translate::TextTokens> texts_;
  fuse::TokenStatistics statistics_;  ///< leaves; undefined without such a batch norm
  torch::Tensor features_;
};

}  // namespace dmf::train
