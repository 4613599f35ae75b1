#include "dmf/translate/text_transformer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/translate/config_reader.h"

namespace dmf::translate {
namespace {

constexpr std::string_view kModelTypes[] = {"bert", "roberta", "data2vec-text"};
constexpr const char* kBlocks = "encoder.layer.";

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

std::string model_type_of(const nlohmann::json& json, const std::string& where) {
  const nlohmann::json type = json.value("model_type", nlohmann::json());
  const bool is_known =
      type.is_string() && std::ranges::find(kModelTypes, type.get<std::string>()) != std::end(kModelTypes);
  DMF_CHECK(is_known, DataError, "{}: `model_type`: expected one of {}, got {}{}", where,
            fmt::join(kModelTypes, ", "), type.dump(),
            type == "data2vec-vision" ? "; hint: that is an image encoder" : "");
  return type.get<std::string>();
}

}  // namespace

TextConfig parse_text_config(const std::string& json, const std::string& where) {
  const nlohmann::json content = nlohmann::json::parse(json, nullptr, false);
  const ConfigReader values(content, where);
  TextConfig config;
  config.model_type = model_type_of(content, where);
  values.expect("hidden_act", "gelu");
  values.expect("position_embedding_type", "absolute");
  config.layers = values.number("num_hidden_layers");
  config.width = values.number("hidden_size");
  config.intermediate = values.number("intermediate_size");
  config.vocabulary = values.number("vocab_size");
  config.positions = values.number("max_position_embeddings");
  config.token_types = values.number("type_vocab_size");
  config.padding = values.number_or("pad_token_id", config.model_type == "bert" ? 0 : 1, 0);
  config.shape.heads = values.number("num_attention_heads");
  config.shape.norm_epsilon = values.positive_or("layer_norm_eps", 1e-12);
  DMF_CHECK(config.width % config.shape.heads == 0, DataError,
            "{}: hidden_size {} is no multiple of {} heads", where, config.width, config.shape.heads);
  DMF_CHECK(config.padding < config.vocabulary, DataError,
            "{}: pad_token_id {} is beyond the vocabulary of {}", where, config.padding, config.vocabulary);
  DMF_CHECK(config.longest() >= 3, DataError,
            "{}: max_position_embeddings {} leave no place for a word: they count from {}", where,
            config.positions, config.first_position());
  return config;
}

std::vector<weights::ExpectedTensor> text_tensors(const TextConfig& config) {
  const int64_t width = config.width, wide = config.intermediate;
  std::vector<weights::ExpectedTensor> expected = {
      {"embeddings.word_embeddings.weight", {config.vocabulary, width}},
      {"embeddings.position_embeddings.weight", {config.positions, width}},
      {"embeddings.token_type_embeddings.weight", {config.token_types, width}},
      {"embeddings.LayerNorm.weight", {width}},
      {"embeddings.LayerNorm.bias", {width}}};
  for (int64_t i = 0; i < config.layers; ++i) {
    for (const auto& [part, member] : kParts) {
      const std::string name = fmt::format("{}{}.{}", kBlocks, i, part);
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

int64_t block_of_text_tensor(const std::string& name) {
  return name.starts_with(kBlocks) ? std::stoll(name.substr(std::string_view(kBlocks).size())) : -1;
}

TextTransformer::TextTransformer(const TextConfig& config, const weights::NamedTensors& tensors)
    : config_(config) {
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

torch::Tensor TextTransformer::position_numbers(const torch::Tensor& ids) const {
  if (config_.model_type == "bert") return at::arange(ids.size(1), ids.options()).unsqueeze(0);
  // fairseq's count: padding tokens all have their own id as position, the others go up from behind it.
  const torch::Tensor is_read = (ids != config_.padding).to(torch::kInt64);
  return is_read.cumsum(1) * is_read + config_.padding;
}

torch::Tensor TextTransformer::embed(const torch::Tensor& ids) const {
  check_shape(ids, {kAnySize, kAnySize}, "TextTransformer", "ids");
  DMF_CHECK(ids.size(1) <= config_.longest(), InvalidArgument,
            "[TextTransformer] {} word pieces, at most {} can be read", ids.size(1), config_.longest());
  const torch::Tensor sum = at::embedding(words_, ids) + at::embedding(positions_, position_numbers(ids)) +
                            types_.select(0, 0);  // [B, T, D]
  return layer_norm(sum, norm_, config_.shape.norm_epsilon);
}

torch::Tensor TextTransformer::run(torch::Tensor sequence, const torch::Tensor& mask, int64_t first,
                                   int64_t last) const {
  check_shape(sequence, {kAnySize, kAnySize, config_.width}, "TextTransformer", "sequence");
  check_shape(mask, {sequence.size(0), sequence.size(1)}, "TextTransformer", "mask");
  const torch::Tensor attended = mask.unsqueeze(1).unsqueeze(1);  // [B, 1, 1, T]
  for (int64_t i = first; i < last; ++i) {
    sequence = run_block(blocks_[static_cast<size_t>(i)], sequence, attended, config_.shape);
  }
  return sequence;
}

torch::Tensor TextTransformer::operator()(const torch::Tensor& ids, const torch::Tensor& mask) const {
  return run(embed(ids), mask, 0, config_.layers);
}

}  // namespace dmf::translate
