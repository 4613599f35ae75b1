#include "dmf/translate/text_store.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/precision.h"
#include "dmf/core/progress.h"

namespace dmf::translate {
namespace {

constexpr size_t kBatch = 64;

/// The distinct texts, short ones first, so that a batch has little padding.
std::vector<std::string> distinct(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

TextStore::TextStore(const TextEncoder& encoder, const std::vector<std::string>& texts,
                     const std::string& precision) {
  const torch::Device cpu(torch::kCPU);
  const torch::Dtype type = compute_type(precision, cpu);
  const PrecisionScope scope(type, cpu);
  const std::vector<std::string> all = distinct(texts);
  std::vector<torch::Tensor> parts = {torch::empty({0, encoder.width()}, type)};
  int64_t first = 0;
  std::optional<Progress> progress;
  if (all.size() > kBatch) progress.emplace("encoding texts", static_cast<int64_t>(all.size()), "texts");
  for (size_t i = 0; i < all.size(); i += kBatch) {
    stop_if_interrupted("encoding texts");
    const std::vector<std::string> batch(
        all.begin() + static_cast<int64_t>(i),
        all.begin() + static_cast<int64_t>(std::min(i + kBatch, all.size())));
    TextTokens words = encoder.encode(batch);
    words = {words.tokens.cpu(), words.mask.cpu()};
    parts.push_back(
        words.tokens.flatten(0, 1).index_select(0, words.mask.flatten().nonzero().squeeze(1)).to(type));
    const torch::Tensor counts = words.mask.sum(1);
    for (size_t k = 0; k < batch.size(); ++k) {
      const int64_t count = counts[static_cast<int64_t>(k)].item<int64_t>();
      rows_[batch[k]] = {first, count};
      first += count;
    }
    if (progress) progress->advance(static_cast<int64_t>(batch.size()));
  }
  if (progress) progress->finish();
  words_ = at::cat(parts);
}

TextTokens TextStore::gather(const std::vector<std::string>& texts) const {
  std::vector<Rows> found;
  int64_t longest = 0;
  for (const std::string& text : texts) {
    const auto row = rows_.find(text);
    DMF_CHECK(row != rows_.end(), InvalidArgument, "[TextStore::gather] this text was not encoded: \"{}\"",
              text);
    found.push_back(row->second);
    longest = std::max(longest, row->second.count);
  }
  const int64_t count = static_cast<int64_t>(texts.size());
  TextTokens result{torch::zeros({count, longest, width()}), torch::zeros({count, longest}, torch::kBool)};
  for (int64_t i = 0; i < count; ++i) {
    const Rows& rows = found[static_cast<size_t>(i)];
    result.tokens[i].slice(0, 0, rows.count).copy_(words_.slice(0, rows.first, rows.first + rows.count));
    result.mask[i].slice(0, 0, rows.count).fill_(true);
  }
  return result;
}

}  // namespace dmf::translate
