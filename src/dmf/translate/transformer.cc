#include "dmf/translate/transformer.h"

#include <cmath>

namespace dmf::translate {
namespace {

torch::Tensor linear(const torch::Tensor& input, const Affine& layer) {
  return layer.bias.defined() ? at::linear(input, layer.weight, layer.bias) : at::linear(input, layer.weight);
}

/// [B, T, D] → [B, heads, T, D / heads]
torch::Tensor split_heads(const torch::Tensor& sequence, int64_t heads) {
  return sequence.unflatten(2, {heads, -1}).transpose(1, 2);
}

/// Products one after another: the CPU's fused attention gives its mask no gradient.
torch::Tensor biased_attention(const torch::Tensor& query, const torch::Tensor& key,
                               const torch::Tensor& value, const torch::Tensor& bias) {
  const torch::Tensor logits = at::matmul(query, key.transpose(2, 3)).to(torch::kFloat32) /
                               std::sqrt(static_cast<double>(query.size(3)));
  return at::matmul(at::softmax(logits + bias, 3).to(value.scalar_type()), value);
}

/// [B, heads, T, D / heads]
torch::Tensor mixed_values(const torch::Tensor& query, const torch::Tensor& key, const torch::Tensor& value,
                           const torch::Tensor& mask) {
  if (!mask.defined()) return at::scaled_dot_product_attention(query, key, value);
  if (mask.requires_grad()) return biased_attention(query, key, value, mask);
  const bool is_bias = mask.is_floating_point();
  return at::scaled_dot_product_attention(query, key, value, is_bias ? mask.to(query.scalar_type()) : mask);
}

torch::Tensor attention(const TransformerBlock& block, const torch::Tensor& sequence,
                        const torch::Tensor& mask, int64_t heads) {
  const torch::Tensor mixed = mixed_values(split_heads(linear(sequence, block.query), heads),
                                           split_heads(linear(sequence, block.key), heads),
                                           split_heads(linear(sequence, block.value), heads), mask);
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
  const auto scaled = [](const torch::Tensor& branch, const torch::Tensor& scale) {
    return scale.defined() ? branch * scale : branch;
  };
  if (shape.norm_place == NormPlace::kBefore) {
    const torch::Tensor mixed = attention(block, normed(sequence, block.attention_norm), mask, shape.heads);
    const torch::Tensor attended = sequence + scaled(mixed, block.attention_scale);
    return attended + scaled(mlp(block, normed(attended, block.mlp_norm)), block.mlp_scale);
  }
  const torch::Tensor mixed = attention(block, sequence, mask, shape.heads);
  const torch::Tensor attended =
      normed(sequence + scaled(mixed, block.attention_scale), block.attention_norm);
  return normed(attended + scaled(mlp(block, attended), block.mlp_scale), block.mlp_norm);
}

}  // namespace dmf::translate
