#include "dmf/kernels/transformer_block.h"

#include <torch/csrc/autograd/custom_function.h>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/shape.h"
#include "dmf/kernels/branch_tools.h"
#include "dmf/kernels/packed_weights.h"

namespace dmf::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Setting = c10::intrusive_ptr<BranchSetting>;

Setting make_setting(const torch::Tensor& sequence, const BranchOptions& options) {
  const bool is_half = current_precision(sequence.device()) == torch::kBFloat16;
  Setting setting = c10::make_intrusive<BranchSetting>();
  setting->kernels = kernels_for(is_half);
  DMF_CHECK(setting->kernels != nullptr, InvalidArgument,
            "[transformer block] this processor has no kernels for it");
  setting->heads = options.heads;
  setting->outputs = options.outputs;
  setting->epsilon = static_cast<float>(options.epsilon);
  setting->scale = static_cast<float>(options.scale);
  if (options.mask.defined()) setting->mask = options.mask.contiguous();
  if (options.keep.defined()) setting->samples = options.keep.nonzero().flatten();
  setting->keeps_weights = !at::GradMode::is_enabled();
  return setting;
}

void keep_setting(AutogradContext& context, const Setting& setting) {
  context.saved_data["setting"] = c10::IValue::make_capsule(setting);
}

Setting kept_setting(AutogradContext& context) {
  return c10::static_intrusive_pointer_cast<BranchSetting>(context.saved_data["setting"].toCapsule());
}

const float* floats(const torch::Tensor& tensor) { return tensor.const_data_ptr<float>(); }

/// Rows [rows, D] kept before the affine part of LayerNorm, read with it.
Operand normed_rows(const torch::Tensor& kept, int64_t rows, const torch::Tensor& weight,
                    const torch::Tensor& bias) {
  const int64_t D = weight.numel();
  return {kept.const_data_ptr(), rows, D, D, Reading::kNormed, floats(weight), floats(bias)};
}

/// What attention computes on the way and its backward pass reads.
struct AttentionKept {
  torch::Tensor normalised, inverse_deviation, query, key_value, mixed;
};

torch::Tensor run_attention(const torch::Tensor& sequence, const AttentionTensors& t,
                            const BranchSetting& setting, AttentionKept* kept) {
  const Kernels& kernels = *setting.kernels;
  const int64_t B = sequence.size(0), S = sequence.size(1), D = sequence.size(2);
  AttentionBranch b;
  describe_branch(b, setting, t.norm_weight, B, S);
  b.heads = setting.heads;
  b.mask = setting.mask.defined() ? setting.mask.const_data_ptr<bool>() : nullptr;
  b.norm_bias = floats(t.norm_bias);
  b.qkv_bias = floats(t.qkv_bias);
  b.out_bias = floats(t.out_bias);
  const torch::Tensor query_weight = packed(kernels, {t.qkv_weight, 0, D}, setting.keeps_weights),
                      key_value_weight = packed(kernels, {t.qkv_weight, D, 2 * D}, setting.keeps_weights),
                      out_weight = packed(kernels, {t.out_weight, 0, D}, setting.keeps_weights);
  b.query_weight = words_of(query_weight);
  b.key_value_weight = words_of(key_value_weight);
  b.out_weight = words_of(out_weight);
  const torch::Tensor output = empty_output(sequence, b.outputs, setting.samples.defined());
  b.input = floats(sequence);
  b.output = output.mutable_data_ptr<float>();
  const torch::Tensor query = setting.elements(b.count * b.outputs, D),
                      key_value = setting.elements(b.count * S, 2 * D),
                      mixed = setting.elements(b.count * b.outputs, D);
  b.query = query.mutable_data_ptr();
  b.key_value = key_value.mutable_data_ptr();
  b.mixed = mixed.mutable_data_ptr();
  if (kept != nullptr) {
    *kept = {setting.elements(b.count * S, D), at::empty({b.count * S}, torch::kFloat32), query, key_value,
             mixed};
    b.normalised = kept->normalised.mutable_data_ptr();
    b.inverse_deviation = kept->inverse_deviation.mutable_data_ptr<float>();
  }
  RowBlocks(kernels, b.count * S, D, 0).run([&](int64_t first, int64_t last, int64_t, void* scratch) {
    kernels.attention_inputs(b, first, last, scratch);
  });
  over_items(b.count * b.heads, head_scratch_bytes(S, D / b.heads),
             [&](int64_t first, int64_t last, void* scratch) { kernels.attention(b, first, last, scratch); });
  RowBlocks(kernels, b.count * b.outputs, D, 0).run([&](int64_t first, int64_t last, int64_t, void* scratch) {
    kernels.attention_outputs(b, first, last, scratch);
  });
  return output;
}

/// Gradients in the order of forward()'s arguments.
variable_list attention_gradients(const torch::Tensor& given, const AttentionTensors& t,
                                  const BranchSetting& setting, const AttentionKept& kept) {
  const Kernels& kernels = *setting.kernels;
  const torch::Tensor grad_output = given.contiguous();
  const int64_t B = grad_output.size(0), S = setting.tokens, D = grad_output.size(2);
  AttentionBranch b;
  describe_branch(b, setting, t.norm_weight, B, S);
  b.heads = setting.heads;
  b.mask = setting.mask.defined() ? setting.mask.const_data_ptr<bool>() : nullptr;
  const torch::Tensor query_back = packed(kernels, {t.qkv_weight, 0, D, true}, false),
                      key_value_back = packed(kernels, {t.qkv_weight, D, 2 * D, true}, false),
                      out_back = packed(kernels, {t.out_weight, 0, D, true}, false);
  b.query_back = words_of(query_back);
  b.key_value_back = words_of(key_value_back);
  b.out_back = words_of(out_back);
  b.normalised = kept.normalised.mutable_data_ptr();
  b.inverse_deviation = kept.inverse_deviation.mutable_data_ptr<float>();
  b.query = kept.query.mutable_data_ptr();
  b.key_value = kept.key_value.mutable_data_ptr();
  const torch::Tensor grad_branch = at::empty_like(kept.query), grad_mixed = at::empty_like(kept.query),
                      grad_query = at::empty_like(kept.query),
                      grad_key_value = at::empty_like(kept.key_value);
  b.grad_branch = grad_branch.mutable_data_ptr();
  b.grad_mixed = grad_mixed.mutable_data_ptr();
  b.grad_query = grad_query.mutable_data_ptr();
  b.grad_key_value = grad_key_value.mutable_data_ptr();
  const InputGradient grad_input(grad_output, S, setting.samples.defined());
  b.grad_output = floats(grad_output);
  b.base = grad_input.base;
  b.grad_input = grad_input.value.mutable_data_ptr<float>();
  const RowBlocks inputs(kernels, b.count * S, D, 0);
  const torch::Tensor norm_sums = at::empty({inputs.count, 2, D}, torch::kFloat32);
  b.norm_sums = norm_sums.mutable_data_ptr<float>();
  RowBlocks(kernels, b.count * b.outputs, D, 0).run([&](int64_t first, int64_t last, int64_t, void* scratch) {
    kernels.attention_outputs_back(b, first, last, scratch);
  });
  over_items(
      b.count * b.heads, head_scratch_bytes(S, D / b.heads),
      [&](int64_t first, int64_t last, void* scratch) { kernels.attention_back(b, first, last, scratch); });
  inputs.run([&](int64_t first, int64_t last, int64_t part, void* scratch) {
    kernels.attention_inputs_back(b, first, last, part, scratch);
  });
  const auto norm = norm_gradients(norm_sums);
  const auto plain = [&](const torch::Tensor& values, bool sums) {
    return pack_operand(kernels, {values.const_data_ptr(), values.size(0), values.size(1), values.size(1)},
                        sums);
  };
  const torch::Tensor grad_out = at::empty({D, D}, torch::kFloat32),
                      grad_qkv = at::empty({3 * D, D}, torch::kFloat32);
  const PackedRows branch = plain(grad_branch, true);
  gradient_of_weight(kernels, branch, plain(kept.mixed, false), grad_out.mutable_data_ptr<float>());
  Operand normed = normed_rows(kept.normalised, b.count * S, t.norm_weight, t.norm_bias);
  PackedRows right = pack_operand(kernels, normed, false);
  const PackedRows key_values = plain(grad_key_value, true), queries = plain(grad_query, true);
  gradient_of_weight(kernels, key_values, right, grad_qkv.mutable_data_ptr<float>() + D * D);
  if (b.outputs != S) {
    normed.rows = b.count;
    normed.stride = S * D;
    right = pack_operand(kernels, normed, false);
  }
  gradient_of_weight(kernels, queries, right, grad_qkv.mutable_data_ptr<float>());
  return {grad_input.value, norm.first, norm.second, grad_qkv, at::cat({queries.sum, key_values.sum}),
          grad_out,         branch.sum, {}};
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& sequence,
                               const torch::Tensor& norm_weight, const torch::Tensor& norm_bias,
                               const torch::Tensor& qkv_weight, const torch::Tensor& qkv_bias,
                               const torch::Tensor& out_weight, const torch::Tensor& out_bias,
                               const Setting& setting) {
    AttentionKept kept;
    const torch::Tensor output = run_attention(
        sequence, {norm_weight, norm_bias, qkv_weight, qkv_bias, out_weight, out_bias}, *setting, &kept);
    context->save_for_backward({norm_weight, norm_bias, qkv_weight, out_weight, kept.normalised,
                                kept.inverse_deviation, kept.query, kept.key_value, kept.mixed});
    keep_setting(*context, setting);
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list s = context->get_saved_variables();
    const Setting setting = kept_setting(*context);
    return attention_gradients(gradients[0], {s[0], s[1], s[2], {}, s[3], {}}, *setting,
                               {s[4], s[5], s[6], s[7], s[8]});
  }
};

/// What the MLP computes on the way and its backward pass reads.
struct MlpKept {
  torch::Tensor normalised, inverse_deviation, before;
};

torch::Tensor run_mlp(const torch::Tensor& sequence, const MlpTensors& t, const BranchSetting& setting,
                      MlpKept* kept) {
  const Kernels& kernels = *setting.kernels;
  const int64_t D = sequence.size(2), H = t.up_bias.size(0);
  MlpBranch b;
  describe_branch(b, setting, t.norm_weight, sequence.size(0), sequence.size(1));
  b.hidden = H;
  b.norm_bias = floats(t.norm_bias);
  b.up_bias = floats(t.up_bias);
  b.down_bias = floats(t.down_bias);
  const torch::Tensor up = packed(kernels, {t.up_weight, 0, H}, setting.keeps_weights),
                      down = packed(kernels, {t.down_weight, 0, D}, setting.keeps_weights);
  b.up_weight = words_of(up);
  b.down_weight = words_of(down);
  const torch::Tensor output = empty_output(sequence, b.outputs, setting.samples.defined());
  b.input = floats(sequence);
  b.output = output.mutable_data_ptr<float>();
  const int64_t rows = b.count * b.tokens;
  if (kept != nullptr) {
    *kept = {setting.elements(rows, D), at::empty({rows}, torch::kFloat32), setting.elements(rows, H)};
    b.normalised = kept->normalised.mutable_data_ptr();
    b.inverse_deviation = kept->inverse_deviation.mutable_data_ptr<float>();
    b.before = kept->before.mutable_data_ptr();
  }
  RowBlocks(kernels, rows, D, H).run([&](int64_t first, int64_t last, int64_t, void* scratch) {
    kernels.mlp(b, first, last, scratch);
  });
  return output;
}

variable_list mlp_gradients(const torch::Tensor& given, const MlpTensors& t, const BranchSetting& setting,
                            const MlpKept& kept) {
  const Kernels& kernels = *setting.kernels;
  const torch::Tensor grad_output = given.contiguous();
  const int64_t D = grad_output.size(2), H = t.up_weight.size(0), rows = kept.before.size(0);
  MlpBranch b;
  describe_branch(b, setting, t.norm_weight, grad_output.size(0), grad_output.size(1));
  b.hidden = H;
  const torch::Tensor up = packed(kernels, {t.up_weight, 0, H, true}, false),
                      down = packed(kernels, {t.down_weight, 0, D, true}, false);
  b.up_back = words_of(up);
  b.down_back = words_of(down);
  b.normalised = kept.normalised.mutable_data_ptr();
  b.inverse_deviation = kept.inverse_deviation.mutable_data_ptr<float>();
  b.before = kept.before.mutable_data_ptr();
  const torch::Tensor grad_branch = setting.elements(rows, D), grad_before = at::empty_like(kept.before);
  b.grad_branch = grad_branch.mutable_data_ptr();
  b.grad_before = grad_before.mutable_data_ptr();
  const InputGradient grad_input(grad_output, b.tokens, setting.samples.defined());
  b.grad_output = floats(grad_output);
  b.base = grad_input.base;
  b.grad_input = grad_input.value.mutable_data_ptr<float>();
  const RowBlocks blocks(kernels, rows, D, H);
  const torch::Tensor norm_sums = at::empty({blocks.count, 2, D}, torch::kFloat32);
  b.norm_sums = norm_sums.mutable_data_ptr<float>();
  blocks.run([&](int64_t first, int64_t last, int64_t part, void* scratch) {
    kernels.mlp_back(b, first, last, part, scratch);
  });
  const auto norm = norm_gradients(norm_sums);
  const torch::Tensor grad_up = at::empty({H, D}, torch::kFloat32),
                      grad_down = at::empty({D, H}, torch::kFloat32);
  const PackedRows branch = pack_operand(kernels, {grad_branch.const_data_ptr(), rows, D, D}, true);
  gradient_of_weight(kernels, branch,
                     pack_operand(kernels, {kept.before.const_data_ptr(), rows, H, H, Reading::kGelu}, false),
                     grad_down.mutable_data_ptr<float>());
  const PackedRows before = pack_operand(kernels, {grad_before.const_data_ptr(), rows, H, H}, true);
  const Operand normed = normed_rows(kept.normalised, rows, t.norm_weight, t.norm_bias);
  gradient_of_weight(kernels, before, pack_operand(kernels, normed, false),
                     grad_up.mutable_data_ptr<float>());
  return {grad_input.value, norm.first, norm.second, grad_up, before.sum, grad_down, branch.sum, {}};
}

struct MlpFunction : torch::autograd::Function<MlpFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& sequence,
                               const torch::Tensor& norm_weight, const torch::Tensor& norm_bias,
                               const torch::Tensor& up_weight, const torch::Tensor& up_bias,
                               const torch::Tensor& down_weight, const torch::Tensor& down_bias,
                               const Setting& setting) {
    MlpKept kept;
    const torch::Tensor output = run_mlp(
        sequence, {norm_weight, norm_bias, up_weight, up_bias, down_weight, down_bias}, *setting, &kept);
    context->save_for_backward({norm_weight, norm_bias, up_weight, down_weight, kept.normalised,
                                kept.inverse_deviation, kept.before});
    keep_setting(*context, setting);
    return output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list s = context->get_saved_variables();
    const Setting setting = kept_setting(*context);
    return mlp_gradients(gradients[0], {s[0], s[1], s[2], {}, s[3], {}}, *setting, {s[4], s[5], s[6]});
  }
};

torch::Tensor as_input(const torch::Tensor& sequence) { return sequence.to(torch::kFloat32).contiguous(); }

}  // namespace

bool can_run_branches(const torch::Tensor& sequence, int64_t heads, int64_t hidden) {
  if (!sequence.device().is_cpu() || sequence.dim() != 3 || sequence.size(1) > kMostTokens) return false;
  const int64_t D = sequence.size(2);
  if (D % heads != 0 || D / heads % kMultiple != 0 || hidden % kMultiple != 0) return false;
  const torch::Dtype type = current_precision(sequence.device());
  return (type == torch::kFloat32 || type == torch::kBFloat16) &&
         kernels_for(type == torch::kBFloat16) != nullptr;
}

torch::Tensor attention_branch(const torch::Tensor& sequence, const AttentionTensors& t,
                               const BranchOptions& options) {
  const int64_t D = sequence.size(2);
  check_shape(t.qkv_weight, {3 * D, D}, "attention_branch", "qkv_weight");
  check_shape(t.out_weight, {D, D}, "attention_branch", "out_weight");
  DMF_CHECK(options.outputs <= 1 || options.outputs == sequence.size(1), InvalidArgument,
            "[attention_branch] outputs: expected 1 or all {} tokens, got {}", sequence.size(1),
            options.outputs);
  const Setting setting = make_setting(sequence, options);
  setting->tokens = sequence.size(1);
  const torch::Tensor input = as_input(sequence);
  if (!at::GradMode::is_enabled()) return run_attention(input, t, *setting, nullptr);
  return AttentionFunction::apply(input, t.norm_weight, t.norm_bias, t.qkv_weight, t.qkv_bias, t.out_weight,
                                  t.out_bias, setting);
}

torch::Tensor mlp_branch(const torch::Tensor& sequence, const MlpTensors& t, const BranchOptions& options) {
  const int64_t D = sequence.size(2), H = t.up_bias.size(0);
  check_shape(t.up_weight, {H, D}, "mlp_branch", "up_weight");
  check_shape(t.down_weight, {D, H}, "mlp_branch", "down_weight");
  const Setting setting = make_setting(sequence, options);
  setting->outputs = 0;
  const torch::Tensor input = as_input(sequence);
  if (!at::GradMode::is_enabled()) return run_mlp(input, t, *setting, nullptr);
  return MlpFunction::apply(input, t.norm_weight, t.norm_bias, t.up_weight, t.up_bias, t.down_weight,
                            t.down_bias, setting);
}

}  // namespace dmf::kernels
