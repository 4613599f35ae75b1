#pragma once
#include <torch/types.h>

#include <string>

#include "dmf/fuse/model_options.h"
#include "dmf/weights/tensors.h"

namespace dmf::fuse {

/// One pre-norm block of the shared vision transformer (Dosovitskiy et al. 2021, names as in timm):
///   x = x + attn(norm1(x));  x = x + mlp(norm2(x))
/// Computed by kernels (kernels/transformer_block.h) where the processor has them, which agree with libtorch's
/// operators to rounding; by these where the thread has an observer or numbers are dropped.
/// @param tensors    the block's: norm1, attn.qkv, attn.proj, norm2, mlp.fc1, mlp.fc2, each with weight and
/// bias
/// @param sequence   [B, S, D] floating
/// @param mask       [B, 1, 1, S] bool, true = may be attended; undefined = all may
/// @param outputs    leading positions wanted, 1 … S: the last block need not compute what nobody reads
/// @param drop_path  probability that a sample skips a branch, in training
/// @return           [B, outputs, D] float32
torch::Tensor transformer_block(const weights::Scope& tensors, const torch::Tensor& sequence,
                                const torch::Tensor& mask, const ModelOptions& options, int64_t outputs,
                                double drop_path, bool training);

/// LayerNorm over the last axis with the tensors `name`.weight and `name`.bias; epsilon 1e-6 as ViT has it.
torch::Tensor layer_norm(const torch::Tensor& input, const weights::Scope& tensors, const std::string& name);

}  // namespace dmf::fuse
