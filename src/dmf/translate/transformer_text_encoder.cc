#include "dmf/translate/transformer_text_encoder.h"

#include <charconv>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/translate/text_tensor.h"

namespace dmf::translate {
namespace {

constexpr int64_t kTextBatch = 64;

/// "block7" → 7; 0 where it is something else.
int64_t number_of_block(const std::string& freeze) {
  constexpr std::string_view kPrefix = "block";
  if (!freeze.starts_with(kPrefix)) return 0;
  int64_t number = 0;
  const char* end = freeze.data() + freeze.size();
  const auto read = std::from_chars(freeze.data() + kPrefix.size(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : 0;
}

/// Blocks below the freeze point; -1 where the embeddings are above it.
int64_t frozen_blocks(const std::string& freeze, int64_t layers) {
  if (freeze == "all") return layers;
  if (freeze == "embeddings") return 0;
  if (freeze == "none") return -1;
  const int64_t number = number_of_block(freeze);
  DMF_CHECK(number >= 1 && number <= layers, InvalidArgument,
            "[text_encoder] freeze: expected all, none, embeddings or block1 … block{}, got `{}`", layers,
            freeze);
  return number;
}

}  // namespace

TransformerTextEncoder::TransformerTextEncoder(const TextEncoderOptions& options, const TextConfig& config,
                                               std::shared_ptr<const text::Tokenizer> tokenizer,
                                               weights::NamedTensors tensors)
    : TextEncoder(options, std::move(tensors)),
      config_(config),
      tokenizer_(std::move(tokenizer)),
      frozen_blocks_(frozen_blocks(options.freeze, config.layers)) {
  options_.max_length = std::min(options_.max_length, config.longest());
}

TextTokens TransformerTextEncoder::ids_of(const std::vector<std::string>& texts) const {
  std::vector<std::vector<int64_t>> rows;
  size_t longest = 0;
  for (const std::string& text : texts) {
    rows.push_back(tokenizer_->encode(text, static_cast<size_t>(options_.max_length)));
    longest = std::max(longest, rows.back().size());
  }
  const auto B = static_cast<int64_t>(rows.size()), T = static_cast<int64_t>(longest);
  const torch::Tensor ids = at::full({B, T}, config_.padding, torch::kInt64);
  const torch::Tensor mask = at::zeros({B, T}, torch::kBool);
  for (int64_t i = 0; i < B; ++i) {
    const std::vector<int64_t>& row = rows[static_cast<size_t>(i)];
    const auto length = static_cast<int64_t>(row.size());
    ids[i].narrow(0, 0, length).copy_(torch::tensor(row, torch::kInt64));
    mask[i].narrow(0, 0, length).fill_(true);
  }
  const torch::Device device = tensors_.at("embeddings.LayerNorm.bias").device();
  return {ids.to(device), mask.to(device)};
}

/// What is read of the last states: padding zero, start and end tokens dropped unless the option keeps them.
TextTokens TransformerTextEncoder::words_of(const torch::Tensor& states, const torch::Tensor& mask) const {
  const int64_t T = mask.size(1);
  if (options_.special_tokens || T == 0)
    return {states.to(torch::kFloat32).masked_fill(mask.logical_not().unsqueeze(2), 0), mask};
  // A row of L read tokens has its words at 1 … L - 2: as many as there are read tokens behind the second.
  const torch::Tensor words = mask.narrow(1, 2, T - 2);
  const torch::Tensor between = states.narrow(1, 1, T - 2).to(torch::kFloat32);
  return {between.masked_fill(words.logical_not().unsqueeze(2), 0), words};
}

TextTokens TransformerTextEncoder::frozen(const std::vector<std::string>& texts) const {
  const torch::NoGradGuard no_gradients;
  const TextTokens all = ids_of(texts);
  if (frozen_blocks_ == kNothing) return all;
  const TextTransformer network = this->network();
  const int64_t B = all.mask.size(0);
  const int64_t dropped = B == 0 ? 0 : 2 - stored_specials();
  const int64_t T = all.mask.size(1) - dropped;
  TextTokens result{at::zeros({B, T, width()}, all.tokens.options().dtype(torch::kFloat32)),
                    at::zeros({B, T}, all.mask.options())};
  for (int64_t first = 0; first < B; first += kTextBatch) {
    const int64_t count = std::min(kTextBatch, B - first);
    const torch::Tensor row_mask = all.mask.narrow(0, first, count);
    const int64_t longest = row_mask.sum(1).max().item<int64_t>();
    const torch::Tensor mask = row_mask.narrow(1, 0, longest);
    const torch::Tensor ids = all.tokens.narrow(0, first, count).narrow(1, 0, longest);
    const torch::Tensor states = network.run(network.embed(ids), mask, 0, frozen_blocks_);
    const TextTokens part =
        is_all_frozen()
            ? words_of(states, mask)
            : TextTokens{states.to(torch::kFloat32).masked_fill(mask.logical_not().unsqueeze(2), 0), mask};
    result.tokens.narrow(0, first, count).narrow(1, 0, longest - dropped).copy_(part.tokens);
    result.mask.narrow(0, first, count).narrow(1, 0, longest - dropped).copy_(part.mask);
  }
  return result;
}

TextTokens TransformerTextEncoder::trained(const TextTokens& stored) const {
  if (is_all_frozen() || stored.mask.size(1) == 0) return stored;
  const TextTransformer network = this->network();
  // The model may have moved what is trained to another device than what is frozen.
  const torch::Device device = tensors_.at(trained_names().front()).device();
  const torch::Tensor tokens = stored.tokens.to(device), mask = stored.mask.to(device);
  const bool reads_ids = frozen_blocks_ == kNothing;
  // A store pads with zeros, which may be the id of a word; the count of positions asks for padding.
  const torch::Tensor sequence =
      reads_ids ? network.embed(tokens.masked_fill(mask.logical_not(), config_.padding)) : tokens;
  const int64_t first = std::max<int64_t>(frozen_blocks_, 0);
  return words_of(network.run(sequence, mask, first, config_.layers), mask);
}

torch::Tensor TransformerTextEncoder::hidden_states(const torch::Tensor& ids,
                                                    const torch::Tensor& mask) const {
  const torch::NoGradGuard no_gradients;
  // Made anew at each call: tensors() may have been changed or moved. It only takes handles.
  return network()(ids, mask).to(torch::kFloat32);
}

std::string TransformerTextEncoder::fingerprint() const {
  return sha256(
      fmt::format("{} {} {}", hash_of_tensors(tensors_), options_.max_length, options_.special_tokens));
}

std::vector<std::string> TransformerTextEncoder::trained_names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors_) {
    if (tensor.is_floating_point() && block_of_text_tensor(name) >= frozen_blocks_) names.push_back(name);
  }
  return names;
}

}  // namespace dmf::translate
