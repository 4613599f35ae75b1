#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "dmf/embed/embedder.h"

namespace dmf::embed {

/// The mean colours of 32 x 32 pixels as tokens, the right ones stronger than the left: enough of an encoder
/// to see what the embedder does, mirroring included.
class ColourEncoder : public translate::ImageEncoder {
 public:
  ColourEncoder() : ImageEncoder({}, {}) { options_.height = options_.width = 64; }
  translate::Normalisation normalisation() const override { return {{0.5, 0.5, 0.5}, {1, 1, 1}}; }
  torch::Tensor frozen(const torch::Tensor& normalised) const override {
    return at::avg_pool2d(normalised, {32, 32});
  }
  torch::Tensor trained(const torch::Tensor& stored, bool) const override {
    return (stored * torch::tensor({0.5F, 2.0F})).flatten(2).transpose(1, 2);
  }
  std::vector<int64_t> stored_sizes() const override { return {3, 2, 2}; }
  translate::TokenGrid grid() const override { return {2, 2}; }
  int64_t token_width() const override { return 3; }
  std::vector<std::string> trained_names() const override { return {}; }
  std::string fingerprint() const override { return "colours"; }
};

/// A text's letters as tokens, and what it was asked to read.
class LetterEncoder : public translate::TextEncoder {
 public:
  LetterEncoder() : TextEncoder({}, {}) {}
  translate::TextTokens frozen(const std::vector<std::string>& texts) const override {
    seen.insert(seen.end(), texts.begin(), texts.end());
    size_t longest = 1;
    for (const std::string& text : texts) longest = std::max(longest, text.size());
    const auto B = static_cast<int64_t>(texts.size()), T = static_cast<int64_t>(longest);
    translate::TextTokens words{torch::zeros({B, T, 2}), torch::zeros({B, T}, torch::kBool)};
    for (int64_t i = 0; i < B; ++i) {
      const std::string& text = texts[static_cast<size_t>(i)];
      for (size_t k = 0; k < text.size(); ++k) {
        words.tokens[i][static_cast<int64_t>(k)] =
            torch::tensor({text[k] / 64.0F - 1, text[k] % 7 / 3.0F - 1});
        words.mask[i][static_cast<int64_t>(k)] = true;
      }
    }
    return words;
  }
  torch::Tensor hidden_states(const torch::Tensor& ids, const torch::Tensor&) const override { return ids; }
  int64_t width() const override { return 2; }
  std::string fingerprint() const override { return "letters"; }

  mutable std::vector<std::string> seen;
};

inline fuse::DmfModel small_model(int64_t text_width = 2, fuse::ModelOptions options = {}) {
  options.width = 16;
  options.heads = 2;
  return fuse::DmfModel(options, std::make_shared<ColourEncoder>(), text_width, /*identities=*/3, /*seed=*/1);
}

inline EmbedOptions small_options() {
  EmbedOptions options;
  options.device = "cpu";
  options.precision = "float32";
  options.batch = 2;
  return options;
}

}  // namespace dmf::embed
