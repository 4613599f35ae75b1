#include "dmf/translate/bert.h"

#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::translate {
namespace {

/// Where a block's parts stand below "encoder.layer.N.".
constexpr std::pair<const char*, Affine TransformerBlock::*> kParts[] = {
    {"attention.self.query", &TransformerBlock::query},
    {"attention.self.key", &TransformerBlock::key},
    {"attention.self.value", &TransformerBlock::value},
    {"attention.output.dense", &TransformerBlock::attention_output},
    {"attention.output.LayerNorm", &TransformerBlock::attention_norm},
    {"intermediate.dense", &TransformerBlock::up},
    {"output.dense", &TransformerBlock::down},
    {"output.LayerNorm", &TransformerBlock::mlp_norm},
};

Affine affine(const weights::Scope& scope) { return {scope["weight"], scope["bias"]}; }

}  // namespace

BertConfig parse_bert_config(const std::string& json, const std::string& where) {
  const nlohmann::json values = nlohmann::json::parse(json, nullptr, false);
  DMF_CHECK(values.is_object(), DataError, "{}: not a JSON object", where);
  const auto number = [&](const char* key) {
    DMF_CHECK(values.contains(key) && values[key].is_number_integer() && values[key] > 0, DataError,
              "{}: `{}` must be a number above 0", where, key);
    return values[key].get<int64_t>();
  };
  const auto expect = [&](const char* key, const char* wanted) {
    const nlohmann::json got = values.value(key, nlohmann::json(wanted));
    DMF_CHECK(got == wanted, DataError, "{}: `{}`: expected \"{}\", got {}", where, key, wanted, got.dump());
  };
  expect("model_type", "bert");
  expect("hidden_act", "gelu");
  expect("position_embedding_type", "absolute");
  BertConfig config;
  config.layers = number("num_hidden_layers");
  config.width = number("hidden_size");
  config.intermediate = number("intermediate_size");
  config.vocabulary = number("vocab_size");
  config.positions = number("max_position_embeddings");
  config.token_types = number("type_vocab_size");
  config.shape.heads = number("num_attention_heads");
  config.shape.norm_epsilon = values.value("layer_norm_eps", 1e-12);
  DMF_CHECK(config.width % config.shape.heads == 0, DataError,
            "{}: hidden_size {} is no multiple of {} heads", where, config.width, config.shape.heads);
  return config;
}

std::vector<weights::ExpectedTensor> bert_tensors(const BertConfig& config) {
  const int64_t width = config.width, wide = config.intermediate;
  std::vector<weights::ExpectedTensor> expected = {
      {"embeddings.word_embeddings.weight", {config.vocabulary, width}},
      {"embeddings.position_embeddings.weight", {config.positions, width}},
      {"embeddings.token_type_embeddings.weight", {config.token_types, width}},
      {"embeddings.LayerNorm.weight", {width}},
      {"embeddings.LayerNorm.bias", {width}}};
  for (int64_t i = 0; i < config.layers; ++i) {
    for (const auto& [part, member] : kParts) {
      const std::string name = fmt::format("encoder.layer.{}.{}", i, part);
      const bool is_norm =
          member == &TransformerBlock::attention_norm || member == &TransformerBlock::mlp_norm;
      const int64_t inputs = member == &TransformerBlock::down ? wide : width;
      const int64_t outputs = member == &TransformerBlock::up ? wide : width;
      expected.push_back(
          {name + ".weight", is_norm ? std::vector<int64_t>{width} : std::vector<int64_t>{outputs, inputs}});
      expected.push_back({name + ".bias", {outputs}});
    }
  }
  return expected;
}

Bert::Bert(const BertConfig& config, const weights::NamedTensors& tensors) : config_(config) {
  const weights::Scope all(tensors);
  words_ = all["embeddings.word_embeddings.weight"];
  positions_ = all["embeddings.position_embeddings.weight"];
  types_ = all["embeddings.token_type_embeddings.weight"];
  norm_ = affine(all / "embeddings" / "LayerNorm");
  for (int64_t i = 0; i < config.layers; ++i) {
    const weights::Scope layer = all / "encoder" / "layer" / std::to_string(i);
    TransformerBlock block;
    for (const auto& [part, member] : kParts) block.*member = affine(layer / part);
    blocks_.push_back(std::move(block));
  }
}

torch::Tensor Bert::operator()(const torch::Tensor& ids, const torch::Tensor& mask) const {
  check_shape(ids, {kAnySize, kAnySize}, "Bert", "ids");
  check_shape(mask, {ids.size(0), ids.size(1)}, "Bert", "mask");
  DMF_CHECK(ids.size(1) <= config_.positions, InvalidArgument,
            "[Bert] {} word pieces, at most {} can be read", ids.size(1), config_.positions);
  torch::Tensor sequence =
      at::embedding(words_, ids) + positions_.slice(0, 0, ids.size(1)) + types_.select(0, 0);  // [B, T, D]
  sequence = layer_norm(sequence, norm_, config_.shape.norm_epsilon);
  const torch::Tensor attended = mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, T]
  for (const TransformerBlock& block : blocks_)
    sequence = run_block(block, sequence, attended, config_.shape);
  return sequence;
}

}  // namespace dmf::translate
