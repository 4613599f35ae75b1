#pragma once
#include <torch/types.h>

#include <vector>

#include "dmf/translate/vision_config.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// The steps of a vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929) on one grid, as functions
/// over named tensors (vision_tensors()): data2vec-vision (BEiT's form), ViT, DeiT, DINOv2. Blocks have their
/// norms before each branch. The residual stream stays float32, products run in the caller's PrecisionScope.
class VisionTransformer {
 public:
  /// @param grid  of the images' whole patches
  VisionTransformer(VisionConfig config, TokenGrid grid) : config_(std::move(config)), grid_(grid) {}

  /// Patches and their projection, without positions.
  /// @param normalised  [B, 3, H, W] floating; pixels behind the last whole patch are left out
  /// @return            [B, D, rows, columns]
  torch::Tensor project(const weights::NamedTensors& tensors, const torch::Tensor& normalised) const;

  /// The sequence of the first block: class, distillation and register tokens, then the patches row by row,
  /// with positions.
  /// @param projected  [B, D, rows, columns] from project()
  /// @return           [B, P + N, D] float32
  torch::Tensor embed(const weights::NamedTensors& tensors, const torch::Tensor& projected) const;

  /// Blocks `first` … `last` - 1.
  /// @param sequence  [B, P + N, D] floating
  /// @return          the same shape, float32
  torch::Tensor run_blocks(const weights::NamedTensors& tensors, const torch::Tensor& sequence, int64_t first,
                           int64_t last) const;

  /// What blocks `first` … `last` - 1 add to their attention's logits: [1, heads, P + N, P + N] each, or
  /// undefined.
  std::vector<torch::Tensor> attention_biases(const weights::NamedTensors& tensors, int64_t first,
                                              int64_t last) const;

  /// The patches' tokens, behind the final norm where the model has one.
  /// @return  [B, N, D] float32
  torch::Tensor finish(const weights::NamedTensors& tensors, const torch::Tensor& sequence) const;

  const VisionConfig& config() const { return config_; }
  const TokenGrid& grid() const { return grid_; }

 private:
  torch::Tensor bias(const torch::Tensor& table) const {
    return relative_position_bias(table, config_.table, grid_);
  }

  VisionConfig config_;
  TokenGrid grid_;
};

}  // namespace dmf::translate
