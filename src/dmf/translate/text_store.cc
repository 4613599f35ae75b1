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
  const auto kept = [&](const torch::Tensor& tokens) {
    return tokens.is_floating_point() ? tokens.cpu().to(type) : tokens.cpu();  // ids stay whole numbers
  };
  std::vector<torch::Tensor> parts = {kept(encoder.frozen({}).tokens.flatten(0, 1))};
  int64_t first = 0;
  std::optional<Progress> progress;
  if (all.size() > kBatch) progress.emplace("encoding texts", static_cast<int64_t>(all.size()), "texts");
  for (size_t i = 0; i < all.size(); i += kBatch) {
    stop_if_interrupted("encoding texts");
    const std::vector<std::string> batch(
        all.begin() + static_cast<int64_t>(i),
        all.begin() + static_cast<int64_t>(std::min(i + kBatch, all.size())));
    const TextTokens stored = encoder.frozen(batch);
    const torch::Tensor read = stored.mask.flatten().nonzero().squeeze(1);
    parts.push_back(kept(stored.tokens.flatten(0, 1).index_select(0, read)));
    const torch::Tensor counts = stored.mask.sum(1).cpu();
    for (size_t k = 0; k < batch.size(); ++k) {
      const int64_t count = counts[static_cast<int64_t>(k)].item<int64_t>();
      rows_[batch[k]] = {first, count};
      first += count;
    }
    if (progress) progress->advance(static_cast<int64_t>(batch.size()));
  }
  if (progress) progress->finish();
  tokens_ = at::cat(parts);
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
  std::vector<int64_t> sizes = tokens_.sizes().vec();  // [tokens of all texts, D_t], or [tokens] of ids
  sizes[0] = longest;
  sizes.insert(sizes.begin(), count);
  const torch::Dtype type = tokens_.is_floating_point() ? torch::kFloat32 : tokens_.scalar_type();
  TextTokens result{torch::zeros(sizes, type), torch::zeros({count, longest}, torch::kBool)};
  for (int64_t i = 0; i < count; ++i) {
    const Rows& rows = found[static_cast<size_t>(i)];
    result.tokens[i].slice(0, 0, rows.count).copy_(tokens_.slice(0, rows.first, rows.first + rows.count));
    result.mask[i].slice(0, 0, rows.count).fill_(true);
  }
  return result;
}

}  // namespace dmf::translate
