#include "dmf/translate/transformer.h"

#include <cmath>

#include "dmf/kernels/transformer_block.h"

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

/// Query, key and value as one layer.
Affine fused_layer(const TransformerBlock& block) {
  if (block.fused.weight.defined()) return block.fused;
  const auto bias = [](const Affine& layer) {
    return layer.bias.defined() ? layer.bias : at::zeros({layer.weight.size(0)}, layer.weight.options());
  };
  return {at::cat({block.query.weight, block.key.weight, block.value.weight}),
          at::cat({bias(block.query), bias(block.key), bias(block.value)})};
}

/// A layer whose outputs are multiplied by a scale.
Affine scaled_layer(const Affine& layer, const torch::Tensor& scale) {
  if (!scale.defined()) return layer;
  return {layer.weight * scale.unsqueeze(1), layer.bias * scale};
}

/// A pre-norm block without mask in this processor's kernels.
torch::Tensor fast_block(const TransformerBlock& block, const torch::Tensor& sequence,
                         const TransformerShape& shape) {
  const Affine qkv = fused_layer(block), out = scaled_layer(block.attention_output, block.attention_scale),
               down = scaled_layer(block.down, block.mlp_scale);
  const kernels::BranchOptions options{.epsilon = shape.norm_epsilon, .heads = shape.heads};
  const torch::Tensor x = kernels::attention_branch(
      sequence,
      {block.attention_norm.weight, block.attention_norm.bias, qkv.weight, qkv.bias, out.weight, out.bias},
      options);
  return kernels::mlp_branch(
      x, {block.mlp_norm.weight, block.mlp_norm.bias, block.up.weight, block.up.bias, down.weight, down.bias},
      options);
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
    if (!mask.defined() && kernels::can_run_branches(sequence, shape.heads, block.up.weight.size(0)))
      return fast_block(block, sequence, shape);
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
