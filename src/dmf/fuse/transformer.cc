#include "dmf/fuse/transformer.h"

#include <cmath>
#include <limits>

#include "dmf/fuse/observe.h"

namespace dmf::fuse {
namespace {

/// Stochastic depth: whole samples of a branch become zero, the others grow so that the mean stays.
torch::Tensor drop_samples(const torch::Tensor& branch, double probability, bool training) {
  if (!training || probability == 0) return branch;
  const torch::Tensor keep =
      at::empty({branch.size(0), 1, 1}, branch.options()).bernoulli_(1.0 - probability);
  return branch * keep / (1.0 - probability);
}

torch::Tensor attention(const weights::Scope& tensors, const torch::Tensor& normalised,
                        const torch::Tensor& mask, int64_t heads, int64_t outputs) {
  const int64_t B = normalised.size(0), D = normalised.size(2);
  const torch::Tensor weight = tensors["qkv.weight"], bias = tensors["qkv.bias"];
  const auto split = [&](const torch::Tensor& x) {
    return x.reshape({B, -1, heads, D / heads}).transpose(1, 2);
  };
  const torch::Tensor query =
      at::linear(normalised.narrow(1, 0, outputs), weight.narrow(0, 0, D), bias.narrow(0, 0, D));
  const torch::Tensor key_value =
      at::linear(normalised, weight.narrow(0, D, 2 * D), bias.narrow(0, D, 2 * D));
  const std::vector<torch::Tensor> parts = key_value.chunk(2, 2);
  // Plain products: for some tens of tokens they are faster on a CPU than a fused attention's backward.
  torch::Tensor logits = at::matmul(split(query), split(parts[0]).transpose(2, 3)).to(torch::kFloat32) /
                         std::sqrt(static_cast<double>(D / heads));  // [B, heads, outputs, S]
  if (mask.defined())
    logits = logits.masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity());
  const torch::Tensor shares = at::softmax(logits, 3);
  observe(tensors, "shares", shares);
  const torch::Tensor mixed = at::matmul(shares, split(parts[1]));  // [B, heads, outputs, D/heads]
  return at::linear(mixed.transpose(1, 2).reshape({B, outputs, D}), tensors["proj.weight"],
                    tensors["proj.bias"]);
}

}  // namespace

torch::Tensor layer_norm(const torch::Tensor& input, const weights::Scope& tensors, const std::string& name) {
  return at::layer_norm(input, {input.size(-1)}, tensors[name + ".weight"], tensors[name + ".bias"], 1e-6);
}

torch::Tensor transformer_block(const weights::Scope& tensors, const torch::Tensor& sequence,
                                const torch::Tensor& mask, const ModelOptions& options, int64_t outputs,
                                double drop_path, bool training) {
  const torch::Tensor attended =
      attention(tensors / "attn", layer_norm(sequence, tensors, "norm1"), mask, options.heads, outputs);
  observe(tensors, "attn", attended);
  torch::Tensor x = sequence.narrow(1, 0, outputs) +
                    drop_samples(at::dropout(attended, options.dropout, training), drop_path, training);
  const torch::Tensor hidden = at::gelu(
      at::linear(layer_norm(x, tensors, "norm2"), tensors["mlp.fc1.weight"], tensors["mlp.fc1.bias"]));
  const torch::Tensor changed = at::linear(hidden, tensors["mlp.fc2.weight"], tensors["mlp.fc2.bias"]);
  observe(tensors, "mlp", changed);
  return x + drop_samples(at::dropout(changed, options.dropout, training), drop_path, training);
}

}  // namespace dmf::fuse
