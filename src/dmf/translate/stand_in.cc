#include "dmf/translate/stand_in.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/ranges.h>

#include <cctype>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "dmf/text/byte_level.h"
#include "dmf/translate/text_transformer.h"
#include "dmf/translate/vision_config.h"
#include "dmf/translate/vision_names.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::translate {
namespace {

// The base configurations of Baevski et al. 2022 (arXiv:2202.03555) in Hugging Face's words.
const nlohmann::json kVisionBase = {{"model_type", "data2vec-vision"},
                                    {"hidden_size", 768},
                                    {"num_hidden_layers", 12},
                                    {"num_attention_heads", 12},
                                    {"intermediate_size", 3072},
                                    {"hidden_act", "gelu"},
                                    {"layer_norm_eps", 1e-12},
                                    {"image_size", 224},
                                    {"patch_size", 16},
                                    {"num_channels", 3},
                                    {"layer_scale_init_value", 0.1},
                                    {"use_absolute_position_embeddings", false},
                                    {"use_relative_position_bias", false},
                                    {"use_shared_relative_position_bias", true},
                                    {"use_mask_token", false},
                                    {"use_mean_pooling", true}};
const nlohmann::json kTextBase = {{"model_type", "data2vec-text"},
                                  {"hidden_size", 768},
                                  {"num_hidden_layers", 12},
                                  {"num_attention_heads", 12},
                                  {"intermediate_size", 3072},
                                  {"hidden_act", "gelu"},
                                  {"layer_norm_eps", 1e-5},
                                  {"vocab_size", 50265},
                                  {"max_position_embeddings", 514},
                                  {"type_vocab_size", 1},
                                  {"pad_token_id", 1},
                                  {"bos_token_id", 0},
                                  {"eos_token_id", 2}};

/// A tensor as it is before any training.
torch::Tensor initial_tensor(const weights::ExpectedTensor& tensor, uint64_t seed) {
  constexpr double kDeviation = 0.02, kLayerScale = 0.1;
  std::string name = tensor.name;
  for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
  if (name.find("lambda_") != std::string::npos) return at::full(tensor.sizes, kLayerScale);
  if (name.ends_with(".bias")) return at::zeros(tensor.sizes);
  if (name.find("norm") != std::string::npos) return at::ones(tensor.sizes);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(RandomStream(seed, tensor.name).bits());
  return at::empty(tensor.sizes).normal_(0, kDeviation, generator);
}

void write_weights(const std::vector<weights::ExpectedTensor>& expected, const std::filesystem::path& folder,
                   uint64_t seed) {
  weights::NamedTensors tensors;
  for (const weights::ExpectedTensor& tensor : expected) tensors[tensor.name] = initial_tensor(tensor, seed);
  weights::write_safetensors(folder / "model.safetensors", tensors, {{"weights", "random"}});
}

void write_vision(const std::filesystem::path& folder, uint64_t seed) {
  const std::filesystem::path config = folder / "config.json";
  write_text(config, kVisionBase.dump(2));
  write_weights(vision_tensors(vision_config_of_json(kVisionBase, config.string())), folder, seed);
}

void write_text_encoder(const std::filesystem::path& folder, uint64_t seed) {
  const std::filesystem::path config = folder / "config.json";
  write_text(config, kTextBase.dump(2));
  write_weights(text_tensors(parse_text_config(kTextBase.dump(), config.string())), folder, seed);
  nlohmann::json vocabulary = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}};
  for (const std::string& character : text::byte_characters()) vocabulary[character] = vocabulary.size();
  vocabulary["<mask>"] = vocabulary.size();
  write_text(folder / "vocab.json", vocabulary.dump());
  write_text(folder / "merges.txt", "#version: 0.2\n");
}

using Writer = std::function<void(const std::filesystem::path&, uint64_t)>;

const std::map<std::string, Writer>& writers() {
  static const std::map<std::string, Writer> all{{"data2vec-vision-base", write_vision},
                                                 {"data2vec-text-base", write_text_encoder}};
  return all;
}

}  // namespace

std::vector<std::string> stand_in_names() {
  std::vector<std::string> names;
  for (const auto& [name, writer] : writers()) names.push_back(name);
  return names;
}

void write_stand_in(const std::string& name, const std::filesystem::path& folder, uint64_t seed) {
  const auto found = writers().find(name);
  DMF_CHECK(found != writers().end(), InvalidArgument, "[stand-in] expected {}, got {}",
            fmt::join(stand_in_names(), " or "), name);
  found->second(folder, seed);
}

}  // namespace dmf::translate
