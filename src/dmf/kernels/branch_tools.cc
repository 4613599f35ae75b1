#include "dmf/kernels/branch_tools.h"

namespace dmf::kernels {

PackedRows pack_operand(const Kernels& kernels, const Operand& operand, bool sums) {
  constexpr int64_t kWords =
      128;  // of a block: their sums are added up in the same order on any number of cores
  PackedRows result;
  result.width = operand.width;
  result.depth = kernels.words(operand.rows);
  result.words = at::empty({kernels.packed_words(operand.rows, operand.width)}, torch::kInt32);
  auto* to = reinterpret_cast<uint32_t*>(result.words.mutable_data_ptr<int32_t>());
  const int64_t blocks = (result.depth + kWords - 1) / kWords;
  torch::Tensor parts;
  if (sums) parts = at::empty({blocks, operand.width}, torch::kFloat32);
  float* const sums_to = sums ? parts.mutable_data_ptr<float>() : nullptr;
  over_items(blocks, 2 * operand.width * kernels.element_bytes,
             [&](int64_t first, int64_t last, void* scratch) {
               for (int64_t i = first; i < last; ++i)
                 kernels.pack_rows(operand, to, sums ? sums_to + i * operand.width : nullptr, i * kWords,
                                   std::min(result.depth, (i + 1) * kWords), scratch);
             });
  if (sums) result.sum = parts.sum(0);
  return result;
}

void gradient_of_weight(const Kernels& kernels, const PackedRows& left, const PackedRows& right, float* to) {
  if (left.depth == 0) {
    std::fill(to, to + left.width * right.width, 0.0F);
    return;
  }
  const auto blocks = [](int64_t width, int64_t block) { return (width + block - 1) / block; };
  at::parallel_for(0, blocks(left.width, kGradientRows) * blocks(right.width, kGradientColumns), 1,
                   [&](int64_t first, int64_t last) {
                     kernels.weight_gradient(words_of(left.words), left.width, words_of(right.words),
                                             right.width, left.depth, to, first, last);
                   });
}

InputGradient::InputGradient(const torch::Tensor& grad_output, int64_t tokens, bool skips_samples) {
  const int64_t outputs = grad_output.size(1);
  if (!skips_samples && outputs == tokens) {
    value = at::empty_like(grad_output);
    base = grad_output.const_data_ptr<float>();
    return;
  }
  value = at::empty({grad_output.size(0), tokens, grad_output.size(2)}, grad_output.options());
  value.narrow(1, 0, outputs).copy_(grad_output);
  value.narrow(1, outputs, tokens - outputs).zero_();
  base = value.const_data_ptr<float>();
}

torch::Tensor empty_output(const torch::Tensor& sequence, int64_t outputs, bool skips_samples) {
  if (skips_samples) return sequence.narrow(1, 0, outputs).clone(at::MemoryFormat::Contiguous);
  return at::empty({sequence.size(0), outputs, sequence.size(2)}, sequence.options());
}

void describe_branch(Branch& branch, const BranchSetting& setting, const torch::Tensor& norm_weight,
                     int64_t batch, int64_t tokens) {
  branch.width = norm_weight.size(0);
  branch.tokens = tokens;
  branch.outputs = setting.outputs == 0 ? tokens : setting.outputs;
  branch.count = setting.count(batch);
  branch.samples = setting.samples.defined() ? setting.samples.const_data_ptr<int64_t>() : nullptr;
  branch.epsilon = setting.epsilon;
  branch.scale = setting.scale;
  branch.norm_weight = norm_weight.const_data_ptr<float>();
}

std::pair<torch::Tensor, torch::Tensor> norm_gradients(const torch::Tensor& parts) {
  const torch::Tensor sums = parts.sum(0);
  return {sums[0], sums[1]};
}

}  // namespace dmf::kernels
