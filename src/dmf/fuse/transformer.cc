#include "dmf/fuse/transformer.h"

#include <cmath>
#include <limits>

#include "dmf/fuse/observe.h"
#include "dmf/kernels/transformer_block.h"

namespace dmf::fuse {
namespace {

constexpr double kNormEpsilon = 1e-6;  // ViT's

/// Stochastic depth: which samples do not skip a branch, [B] bool. Undefined: none skips.
torch::Tensor draw_keep(const torch::Tensor& sequence, double probability, bool training) {
  if (!training || probability == 0) return {};
  return at::empty({sequence.size(0)}, sequence.options().dtype(torch::kFloat32).requires_grad(false))
             .bernoulli_(1.0 - probability) > 0;
}

/// Whole samples of a branch become zero, the others grow so that the mean stays.
torch::Tensor drop_samples(const torch::Tensor& branch, double probability, bool training) {
  const torch::Tensor keep = draw_keep(branch, probability, training);
  return keep.defined() ? branch * keep.view({-1, 1, 1}) / (1.0 - probability) : branch;
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

/// The block in this processor's kernels.
torch::Tensor fast_block(const weights::Scope& t, const torch::Tensor& sequence, const torch::Tensor& mask,
                         int64_t heads, int64_t outputs, double drop_path, bool training) {
  kernels::BranchOptions attention{.epsilon = kNormEpsilon, .heads = heads, .outputs = outputs};
  attention.scale = training ? 1 / (1.0 - drop_path) : 1.0;
  if (mask.defined()) attention.mask = mask.view({sequence.size(0), sequence.size(1)});
  attention.keep = draw_keep(sequence, drop_path, training);
  const torch::Tensor x =
      kernels::attention_branch(sequence,
                                {t["norm1.weight"], t["norm1.bias"], t["attn.qkv.weight"], t["attn.qkv.bias"],
                                 t["attn.proj.weight"], t["attn.proj.bias"]},
                                attention);
  kernels::BranchOptions mlp{.epsilon = kNormEpsilon, .scale = attention.scale};
  mlp.keep = draw_keep(x, drop_path, training);
  return kernels::mlp_branch(x,
                             {t["norm2.weight"], t["norm2.bias"], t["mlp.fc1.weight"], t["mlp.fc1.bias"],
                              t["mlp.fc2.weight"], t["mlp.fc2.bias"]},
                             mlp);
}

}  // namespace

torch::Tensor layer_norm(const torch::Tensor& input, const weights::Scope& tensors, const std::string& name) {
  return at::layer_norm(input, {input.size(-1)}, tensors[name + ".weight"], tensors[name + ".bias"],
                        kNormEpsilon);
}

torch::Tensor transformer_block(const weights::Scope& tensors, const torch::Tensor& sequence,
                                const torch::Tensor& mask, const ModelOptions& options, int64_t outputs,
                                double drop_path, bool training) {
  // An observer is shown what the kernels never hold; dropout of single numbers is not theirs.
  const bool is_plain = is_observed() || (training && options.dropout > 0) ||
                        (outputs != 1 && outputs != sequence.size(1)) ||
                        !kernels::can_run_branches(sequence, options.heads, tensors["mlp.fc1.bias"].size(0));
  if (!is_plain) return fast_block(tensors, sequence, mask, options.heads, outputs, drop_path, training);
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
