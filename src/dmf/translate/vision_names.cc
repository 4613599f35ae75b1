#include "dmf/translate/vision_names.h"

#include "dmf/core/error.h"

namespace dmf::translate {
namespace {

constexpr const char* kBiasTable = "relative_position_bias.relative_position_bias_table";

VisionNames hugging_face() {
  VisionNames names;
  names.patches = "embeddings.patch_embeddings.projection";
  names.class_token = "embeddings.cls_token";
  names.distillation_token = "embeddings.distillation_token";
  names.register_tokens = "embeddings.register_tokens";
  names.positions = "embeddings.position_embeddings";
  names.shared_bias = fmt::format("encoder.{}", kBiasTable);
  names.final_norm = "layernorm";
  names.block = "encoder.layer.";
  names.query = "attention.attention.query";
  names.key = "attention.attention.key";
  names.value = "attention.attention.value";
  names.attention_output = "attention.output.dense";
  return names;
}

VisionNames beit() {
  VisionNames names = hugging_face();
  names.attention_norm = "layernorm_before";
  names.up = "intermediate.dense";
  names.down = "output.dense";
  names.mlp_norm = "layernorm_after";
  names.attention_scale = "lambda_1";
  names.mlp_scale = "lambda_2";
  names.block_bias = fmt::format("attention.attention.{}", kBiasTable);
  return names;
}

VisionNames dinov2() {
  VisionNames names = hugging_face();
  names.attention_norm = "norm1";
  names.up = "mlp.fc1";
  names.down = "mlp.fc2";
  names.mlp_norm = "norm2";
  names.attention_scale = "layer_scale1.lambda1";
  names.mlp_scale = "layer_scale2.lambda1";
  return names;
}

VisionNames timm() {
  VisionNames names;
  names.patches = "patch_embed.proj";
  names.class_token = "cls_token";
  names.distillation_token = "dist_token";
  names.register_tokens = "register_tokens";
  names.positions = "pos_embed";
  names.final_norm = "norm";
  names.block = "blocks.";
  names.query = "attn.qkv";
  names.is_fused = true;
  names.attention_output = "attn.proj";
  names.attention_norm = "norm1";
  names.up = "mlp.fc1";
  names.down = "mlp.fc2";
  names.mlp_norm = "norm2";
  names.attention_scale = "ls1.gamma";
  names.mlp_scale = "ls2.gamma";
  return names;
}

/// Gathers expected tensors.
class Expected {
 public:
  void add(const std::string& name, std::vector<int64_t> sizes) { list.push_back({name, std::move(sizes)}); }
  void linear(const std::string& name, int64_t outputs, int64_t inputs, bool has_bias = true) {
    add(name + ".weight", {outputs, inputs});
    if (has_bias) add(name + ".bias", {outputs});
  }
  void norm(const std::string& name, int64_t width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }

  std::vector<weights::ExpectedTensor> list;
};

int64_t bias_entries(const TokenGrid& grid) { return (2 * grid.rows - 1) * (2 * grid.columns - 1) + 3; }

void add_block(const VisionConfig& config, const VisionNames& names, const std::string& prefix,
               Expected& expected) {
  const int64_t width = config.width;
  expected.norm(prefix + names.attention_norm, width);
  if (names.is_fused) {
    expected.linear(prefix + names.query, 3 * width, width);
  } else {
    expected.linear(prefix + names.query, width, width);
    expected.linear(prefix + names.key, width, width, config.has_key_bias);
    expected.linear(prefix + names.value, width, width);
  }
  expected.linear(prefix + names.attention_output, width, width);
  expected.norm(prefix + names.mlp_norm, width);
  expected.linear(prefix + names.up, config.intermediate, width);
  expected.linear(prefix + names.down, width, config.intermediate);
  if (config.has_layer_scale) {
    expected.add(prefix + names.attention_scale, {width});
    expected.add(prefix + names.mlp_scale, {width});
  }
  if (config.has_block_bias)
    expected.add(prefix + names.block_bias, {bias_entries(config.table), config.heads});
}

Affine affine(const weights::Scope& scope, const std::string& name) {
  const bool has_bias = scope.has(name + ".bias");
  return {scope[name + ".weight"], has_bias ? scope[name + ".bias"] : torch::Tensor()};
}

/// The `part`-th third of the rows of a fused layer.
Affine third(const Affine& fused, int64_t part) {
  const int64_t rows = fused.weight.size(0) / 3;
  return {fused.weight.narrow(0, part * rows, rows), fused.bias.narrow(0, part * rows, rows)};
}

}  // namespace

const VisionNames& vision_names(const std::string& names) {
  static const std::map<std::string, VisionNames> all = {
      {"beit", beit()}, {"dinov2", dinov2()}, {"timm", timm()}};
  const auto found = all.find(names);
  DMF_CHECK(found != all.end(), DataError, "[image encoder] unknown names `{}`: beit, dinov2 or timm", names);
  return found->second;
}

std::string block_prefix(const VisionNames& names, int64_t index) {
  return fmt::format("{}{}.", names.block, index);
}

std::vector<weights::ExpectedTensor> vision_tensors(const VisionConfig& config) {
  const VisionNames& names = vision_names(config.names);
  const int64_t width = config.width;
  Expected expected;
  expected.add(names.patches + ".weight", {width, 3, config.patch, config.patch});
  expected.add(names.patches + ".bias", {width});
  if (config.has_class_token) expected.add(names.class_token, {1, 1, width});
  if (config.has_distillation_token) expected.add(names.distillation_token, {1, 1, width});
  if (config.registers > 0) expected.add(names.register_tokens, {1, config.registers, width});
  if (config.has_positions)
    expected.add(names.positions, {1, config.positions_apart + config.table.cells(), width});
  if (config.has_shared_bias) expected.add(names.shared_bias, {bias_entries(config.table), config.heads});
  for (int64_t i = 0; i < config.layers; ++i) add_block(config, names, block_prefix(names, i), expected);
  if (config.has_final_norm) expected.norm(names.final_norm, width);
  return expected.list;
}

const weights::NameRules& vision_name_rules() {
  static const weights::NameRules rules{
      .ignore = {"encoder.json", "*mask_token", "*relative_position_index", "*pooler.*", "*classifier*",
                 "*head.*", "*head_dist.*", "*lm_head*", "*pre_logits*", "fc.*", "*.fc.*", "*fc_norm.*",
                 // TransReID: camera embedding, BNNecks, and its second branch's copies of the last block
                 "*sie_embed", "*bottleneck*", "b1.*", "b2.*", "module.b1.*", "module.b2.*"},
      .strip = {"data2vec_vision.", "beit.", "vit.", "deit.", "dinov2_with_registers.", "dinov2.",
                "module.base.", "base.", "module.", "backbone."},
      .renames = {{"reg_token", "register_tokens"}}};
  return rules;
}

TransformerBlock vision_block(const VisionConfig& config, const weights::NamedTensors& tensors,
                              int64_t index) {
  const VisionNames& names = vision_names(config.names);
  const weights::Scope scope(tensors, block_prefix(names, index));
  TransformerBlock block;
  block.query = affine(scope, names.query);
  if (names.is_fused) {
    block.fused = block.query;
    block.query = third(block.fused, 0);
    block.key = third(block.fused, 1);
    block.value = third(block.fused, 2);
  } else {
    block.key = affine(scope, names.key);
    block.value = affine(scope, names.value);
  }
  block.attention_output = affine(scope, names.attention_output);
  block.attention_norm = affine(scope, names.attention_norm);
  block.up = affine(scope, names.up);
  block.down = affine(scope, names.down);
  block.mlp_norm = affine(scope, names.mlp_norm);
  if (config.has_layer_scale) {
    block.attention_scale = scope[names.attention_scale];
    block.mlp_scale = scope[names.mlp_scale];
  }
  return block;
}

}  // namespace dmf::translate
