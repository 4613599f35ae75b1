#include "dmf/onnx/transformer.h"

#include <cmath>

namespace dmf::onnx {
namespace {

using translate::Affine;

constexpr double kClosed = 1e9;  // taken from a logit, it leaves nothing behind the softmax

/// A linear layer whose outputs are multiplied by a scale, which may be undefined.
std::string scaled_linear(Operators& ops, const std::string& value, const Affine& layer,
                          const torch::Tensor& scale) {
  if (!scale.defined()) return ops.linear(value, layer.weight, layer.bias);
  return ops.linear(value, layer.weight * scale.unsqueeze(1),
                    layer.bias.defined() ? layer.bias * scale : layer.bias);
}

/// @param input  [B, T, D]
std::string attention(Operators& ops, const std::string& input, const translate::TransformerBlock& block,
                      int64_t heads, const BlockReading& reading) {
  const int64_t inner = block.query.weight.size(0), width = inner / heads;
  const auto part = [&](const std::string& of, const Affine& layer, const std::vector<int64_t>& axes) {
    return ops.transpose(ops.reshape(ops.linear(of, layer.weight, layer.bias), {0, -1, heads, width}), axes);
  };
  const std::string read = ops.rounded(input);
  const std::string query =
      part(reading.is_first_alone ? ops.slice(read, 1, 0, 1) : read, block.query, {0, 2, 1, 3});
  const std::string key = part(read, block.key, {0, 2, 3, 1}), value = part(read, block.value, {0, 2, 1, 3});
  Graph& graph = ops.graph();
  std::string logits =
      ops.multiply(graph.node("MatMul", {query, key}), ops.scalar(1 / std::sqrt(static_cast<double>(width))));
  if (!reading.bias.empty()) logits = ops.add(logits, reading.bias);
  const std::string shares = graph.node("Softmax", {logits}, {{"axis", int64_t{-1}}});
  const std::string mixed = ops.transpose(graph.node("MatMul", {shares, value}), {0, 2, 1, 3});
  return scaled_linear(ops, ops.reshape(mixed, {0, -1, inner}), block.attention_output,
                       block.attention_scale);
}

}  // namespace

std::string transformer_block(Operators& ops, const std::string& sequence,
                              const translate::TransformerBlock& block,
                              const translate::TransformerShape& shape, const BlockReading& reading) {
  const auto normed = [&](const std::string& value, const Affine& norm) {
    return ops.layer_norm(value, norm.weight, norm.bias, shape.norm_epsilon);
  };
  const auto mlp = [&](const std::string& value) {
    return scaled_linear(ops, ops.gelu(ops.linear(value, block.up.weight, block.up.bias)), block.down,
                         block.mlp_scale);
  };
  const std::string kept = reading.is_first_alone ? ops.slice(sequence, 1, 0, 1) : sequence;
  if (shape.norm_place == translate::NormPlace::kBefore) {
    const std::string x =
        ops.add(kept, attention(ops, normed(sequence, block.attention_norm), block, shape.heads, reading));
    return ops.add(x, mlp(normed(x, block.mlp_norm)));
  }
  const std::string x =
      normed(ops.add(kept, attention(ops, sequence, block, shape.heads, reading)), block.attention_norm);
  return normed(ops.add(x, mlp(x)), block.mlp_norm);
}

std::string padding_bias(Operators& ops, const std::string& mask) {
  return ops.reshape(ops.multiply(ops.add(mask, ops.scalar(-1)), ops.scalar(kClosed)), {0, 1, 1, -1});
}

}  // namespace dmf::onnx
