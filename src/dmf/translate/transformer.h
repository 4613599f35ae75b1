#pragma once
#include <torch/types.h>

namespace dmf::translate {

/// Weight and bias of a linear layer ([outputs, inputs], [outputs]) or of a LayerNorm ([width] both). A
/// linear layer's bias may be undefined: it has none.
struct Affine {
  torch::Tensor weight, bias;
};

/// Tensors of one pre-trained transformer block (Vaswani et al. 2017), whatever its checkpoint calls them.
struct TransformerBlock {
  Affine query, key, value, attention_output, attention_norm;
  Affine
      /// query, key and value as one layer [3 D, D], where the checkpoint has them so; else undefined
      fused;
  Affine up, down, mlp_norm;
  /// Layer scale (Touvron et al. 2021, arXiv:2103.17239): [width] each branch is multiplied by before it is
  /// added; undefined = none.
  torch::Tensor attention_scale, mlp_scale;
};

/// Where a block's LayerNorms stand: before each branch (ViT), or behind each sum (BERT, RoBERTa).
enum class NormPlace { kBefore, kBehind };

/// What the tensors of a block do not tell.
struct TransformerShape {
  int64_t heads = 12;
  double norm_epsilon = 1e-12;
  NormPlace norm_place = NormPlace::kBehind;
};

/// One block: multi-head self-attention, then two linear layers with GELU (exact) between, each added to its
/// input.
/// @param sequence  [B, T, D] floating
/// @param mask      bool [B, 1, 1, T], true = may be attended (at least one a row); or floating
///                  [1 or B, heads, T, T], added to the attention's logits (a position bias; differentiable);
///                  undefined = all may be attended alike
/// @return          [B, T, D]
torch::Tensor run_block(const TransformerBlock& block, const torch::Tensor& sequence,
                        const torch::Tensor& mask, const TransformerShape& shape);

/// LayerNorm over the last axis.
torch::Tensor layer_norm(const torch::Tensor& input, const Affine& norm, double epsilon);

}  // namespace dmf::translate
