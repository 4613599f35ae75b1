#pragma once
#include <torch/types.h>

namespace dmf::kernels {

/// Tensors of the attention half of a pre-norm transformer block, float32: [D], [D], [3 D, D], [3 D], [D,
/// D], [D].
struct AttentionTensors {
  torch::Tensor norm_weight, norm_bias, qkv_weight, qkv_bias, out_weight, out_bias;
};

/// Tensors of its MLP half, float32: [D], [D], [H, D], [H], [D, H], [D].
struct MlpTensors {
  torch::Tensor norm_weight, norm_bias, up_weight, up_bias, down_weight, down_bias;
};

struct BranchOptions {
  double epsilon = 1e-6;  ///< of the norm
  int64_t heads = 1;      ///< attention alone
  int64_t outputs = 0;    ///< attention alone: leading tokens that are wanted; 0 = all
  torch::Tensor mask{};   ///< attention alone: [B, S] bool, true = may be attended; undefined = all may
  torch::Tensor
      keep{};        ///< [B] bool: samples that do not skip the branch (stochastic depth); undefined = all
  double scale = 1;  ///< of what the branch adds
};

/// Whether this processor has kernels for such a block in the caller's PrecisionScope: a CPU with AVX2
/// (float32) or AVX512-BF16 (bfloat16; none on AMX, where libtorch is faster), D, H and D / heads multiples
/// of
/// 16, at most 512 tokens.
/// @param sequence  [B, S, D]
/// @param hidden    H
bool can_run_branches(const torch::Tensor& sequence, int64_t heads, int64_t hidden);

/// sequence + scale * attention(norm(sequence)), of the leading tokens that are wanted. Nothing is computed
/// for samples that skip the branch, nor, but for keys and values, for tokens that are not wanted. Products
/// in
/// bfloat16 or float32 as the caller's PrecisionScope says, sums and norms in float32. Of the forward pass it
/// keeps the normed input, query, key, value and their mixture, in the type of the products.
/// @param sequence  [B, S, D] floating, CPU; can_run_branches()
/// @return          [B, outputs, D] float32; differentiable
torch::Tensor attention_branch(const torch::Tensor& sequence, const AttentionTensors& tensors,
                               const BranchOptions& options);

/// sequence + scale * mlp(norm(sequence)): two linear layers with GELU (exact) between. Keeps the normed
/// input
/// and the numbers before GELU.
torch::Tensor mlp_branch(const torch::Tensor& sequence, const MlpTensors& tensors,
                         const BranchOptions& options);

}  // namespace dmf::kernels
