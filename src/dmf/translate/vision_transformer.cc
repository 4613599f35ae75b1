#include "dmf/translate/vision_transformer.h"

#include "dmf/translate/vision_names.h"

namespace dmf::translate {

torch::Tensor VisionTransformer::project(const weights::NamedTensors& tensors,
                                         const torch::Tensor& normalised) const {
  const weights::Scope patches(tensors, vision_names(config_.names).patches + ".");
  return at::conv2d(normalised, patches["weight"], patches["bias"], config_.patch);
}

torch::Tensor VisionTransformer::embed(const weights::NamedTensors& tensors,
                                       const torch::Tensor& projected) const {
  const VisionNames& names = vision_names(config_.names);
  const int64_t B = projected.size(0), D = config_.width;
  std::vector<torch::Tensor> apart;  // [1, ·, D] each
  if (config_.has_class_token) apart.push_back(tensors.at(names.class_token));
  if (config_.has_distillation_token) apart.push_back(tensors.at(names.distillation_token));
  if (config_.registers > 0) apart.push_back(tensors.at(names.register_tokens));
  torch::Tensor cells = projected.flatten(2).transpose(1, 2).to(torch::kFloat32);  // [B, N, D]
  torch::Tensor positions;
  if (config_.has_positions) {
    positions = resample_positions(tensors.at(names.positions), config_.table, grid_, config_.resampling);
    cells = cells + positions.slice(1, config_.positions_apart);
  }
  if (apart.empty()) return cells;
  torch::Tensor tokens = at::cat(apart, 1);  // [1, P, D]
  if (config_.has_positions) {
    // Registers have no positions; they come last.
    const int64_t count = config_.positions_apart;
    tokens = at::cat({tokens.slice(1, 0, count) + positions.slice(1, 0, count), tokens.slice(1, count)}, 1);
  }
  return at::cat({tokens.expand({B, -1, D}), cells}, 1);
}

torch::Tensor VisionTransformer::run_blocks(const weights::NamedTensors& tensors,
                                            const torch::Tensor& sequence, int64_t first,
                                            int64_t last) const {
  const TransformerShape shape{config_.heads, config_.norm_epsilon, NormPlace::kBefore};
  const std::vector<torch::Tensor> biases = attention_biases(tensors, first, last);
  torch::Tensor x = sequence.to(torch::kFloat32);
  for (int64_t i = first; i < last; ++i)
    x = run_block(vision_block(config_, tensors, i), x, biases[static_cast<size_t>(i - first)], shape);
  return x;
}

std::vector<torch::Tensor> VisionTransformer::attention_biases(const weights::NamedTensors& tensors,
                                                               int64_t first, int64_t last) const {
  const VisionNames& names = vision_names(config_.names);
  torch::Tensor shared;
  if (config_.has_shared_bias && first < last) shared = bias(tensors.at(names.shared_bias));
  std::vector<torch::Tensor> biases;
  for (int64_t i = first; i < last; ++i) {
    torch::Tensor added = shared;
    if (config_.has_block_bias) {
      const torch::Tensor own = bias(tensors.at(block_prefix(names, i) + names.block_bias));
      added = added.defined() ? added + own : own;
    }
    biases.push_back(added);
  }
  return biases;
}

torch::Tensor VisionTransformer::finish(const weights::NamedTensors& tensors,
                                        const torch::Tensor& sequence) const {
  const torch::Tensor cells = sequence.slice(1, config_.tokens_apart());
  if (!config_.has_final_norm) return cells;
  const weights::Scope norm(tensors, vision_names(config_.names).final_norm + ".");
  return layer_norm(cells, {norm["weight"], norm["bias"]}, config_.norm_epsilon);
}

}  // namespace dmf::translate
