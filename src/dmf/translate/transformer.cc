#include "dmf/translate/transformer.h"

namespace dmf::translate {
namespace {

torch::Tensor linear(const torch::Tensor& input, const Affine& layer) {
  return at::linear(input, layer.weight, layer.bias);
}

/// [B, T, D] → [B, heads, T, D / heads]
torch::Tensor split_heads(const torch::Tensor& sequence, int64_t heads) {
  return sequence.unflatten(2, {heads, -1}).transpose(1, 2);
}

torch::Tensor attention(const TransformerBlock& block, const torch::Tensor& sequence,
                        const torch::Tensor& mask, int64_t heads) {
  const std::optional<torch::Tensor> attended = mask.defined() ? std::optional(mask) : std::nullopt;
  const torch::Tensor mixed = at::scaled_dot_product_attention(
      split_heads(linear(sequence, block.query), heads), split_heads(linear(sequence, block.key), heads),
      split_heads(linear(sequence, block.value), heads), attended);
  return linear(mixed.transpose(1, 2).flatten(2), block.attention_output);
}

torch::Tensor mlp(const TransformerBlock& block, const torch::Tensor& sequence) {
  return linear(at::gelu(linear(sequence, block.up)), block.down);
}

}  // namespace

torch::Tensor layer_norm(const torch::Tensor& input, const Affine& norm, double epsilon) {
  return at::layer_norm(input, {input.size(-1)}, norm.weight, norm.bias, epsilon);
}

torch::Tensor run_block(const TransformerBlock& block, const torch::Tensor& sequence,
                        const torch::Tensor& mask, const TransformerShape& shape) {
  const auto normed = [&](const torch::Tensor& value, const Affine& norm) {
    return layer_norm(value, norm, shape.norm_epsilon);
  };
  if (shape.norm_place == NormPlace::kBefore) {
    const torch::Tensor attended =
        sequence + attention(block, normed(sequence, block.attention_norm), mask, shape.heads);
    return attended + mlp(block, normed(attended, block.mlp_norm));
  }
  const torch::Tensor attended =
      normed(sequence + attention(block, sequence, mask, shape.heads), block.attention_norm);
  return normed(attended + mlp(block, attended), block.mlp_norm);
}

}  // namespace dmf::translate
