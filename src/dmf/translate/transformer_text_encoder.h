#pragma once
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "dmf/text/tokenizer.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/translate/text_transformer.h"

namespace dmf::translate {

/// A TextEncoder whose states are a TextTransformer's.
class TransformerTextEncoder : public TextEncoder {
 public:
  /// @param tensors  all of text_tensors(config), and the files that TextEncoder::tensors keeps
  /// @throws InvalidArgument  options.freeze is no freeze point of this encoder
  TransformerTextEncoder(const TextEncoderOptions& options, const TextConfig& config,
                         std::shared_ptr<const text::Tokenizer> tokenizer, weights::NamedTensors tensors);

  TextTokens frozen(const std::vector<std::string>& texts) const override;
  TextTokens trained(const TextTokens& stored) const override;
  torch::Tensor hidden_states(const torch::Tensor& ids, const torch::Tensor& mask) const override;
  int64_t width() const override { return config_.width; }
  std::string fingerprint() const override;
  std::vector<std::string> trained_names() const override;
  int64_t stored_specials() const override { return is_all_frozen() && !options_.special_tokens ? 0 : 2; }

  /// Word pieces with start and end token, padded to the longest: ids [B, T] int64.
  TextTokens ids_of(const std::vector<std::string>& texts) const;
  /// The transformer; it shares the tensors.
  TextTransformer network() const { return {config_, tensors_}; }

 private:
  static constexpr int64_t kNothing = -1;

  bool is_all_frozen() const { return frozen_blocks_ == config_.layers; }
  TextTokens words_of(const torch::Tensor& states, const torch::Tensor& mask) const;

  TextConfig config_;
  std::shared_ptr<const text::Tokenizer> tokenizer_;
  int64_t frozen_blocks_;  // kNothing: the embeddings are trained too
};

}  // namespace dmf::translate
