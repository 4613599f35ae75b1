#pragma once
#include <string>
#include <vector>

#include "dmf/translate/transformer.h"
#include "dmf/translate/vision_config.h"
#include "dmf/weights/name_map.h"

namespace dmf::translate {

/// What a family of checkpoints calls the tensors of a vision transformer. Empty: it has none such.
struct VisionNames {
  std::string patches;  ///< convolution: weight and bias
  std::string class_token, distillation_token, register_tokens, positions;
  std::string shared_bias;  ///< table of the relative position bias
  std::string final_norm;
  std::string block;  ///< before a block's number
  // Below a block:
  std::string query, key, value;  ///< linear layers; query alone where the three are one (`is_fused`)
  bool is_fused = false;
  std::string attention_output, attention_norm, up, down, mlp_norm;
  std::string attention_scale, mlp_scale, block_bias;
};

/// @param names  VisionConfig::names
const VisionNames& vision_names(const std::string& names);

/// Name of block `index`'s tensors without what stands behind its last dot: "blocks.3."
std::string block_prefix(const VisionNames& names, int64_t index);

/// The tensors that the encoder needs.
std::vector<weights::ExpectedTensor> vision_tensors(const VisionConfig& config);

/// How names in a file become these: prefixes that are taken off, and what may stay unused (heads of the
/// pre-training, mask tokens).
const weights::NameRules& vision_name_rules();

/// The tensors of block `index`, as views of `tensors`.
TransformerBlock vision_block(const VisionConfig& config, const weights::NamedTensors& tensors,
                              int64_t index);

}  // namespace dmf::translate
