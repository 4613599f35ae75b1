#pragma once
#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <string>

#include "dmf/core/random.h"
#include "dmf/train/batch.h"

namespace dmf::test {

/// Made-up persons: a code of 4 numbers each, seen in the first 4 channels of small maps among strong
/// channels that say nothing, and in the words of short texts.
struct TinyWorld {
  static constexpr int64_t kCode = 4, kChannels = 12, kRows = 2, kColumns = 2, kTextWidth = 10, kWords = 3;
  uint64_t seed = 1;
  double noise =
      0;  ///< 0 … 1: share of the code that is replaced by chance; at 1 nothing tells persons apart

  torch::Tensor normal(const std::string& purpose, uint64_t place, at::IntArrayRef sizes) const {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(RandomStream(seed, purpose, {place}).bits());
    return at::randn(sizes, generator, torch::kFloat32);
  }
  /// Codes [B, 4] of persons, each sample with its share of noise.
  torch::Tensor codes(const std::vector<int64_t>& persons, const std::string& purpose, uint64_t place) const {
    std::vector<torch::Tensor> rows;
    for (const int64_t person : persons)
      rows.push_back(normal("person", static_cast<uint64_t>(person), {kCode}));
    const torch::Tensor own = at::stack(rows);
    return (1 - noise) * own + noise * normal(purpose + ".chance", place, own.sizes());
  }
  /// Maps [B, C, h, w] of persons.
  torch::Tensor maps(const std::vector<int64_t>& persons, uint64_t place) const {
    const auto B = static_cast<int64_t>(persons.size());
    const torch::Tensor style = 4 * normal("style", place, {B, kChannels - kCode});
    const torch::Tensor channels = at::cat({codes(persons, "map", place), style}, 1);
    return channels.view({B, kChannels, 1, 1}) +
           0.3 * normal("grain", place, {B, kChannels, kRows, kColumns});
  }
  /// Texts of persons: each word shows the code in its own way.
  translate::TextTokens texts(const std::vector<int64_t>& persons, uint64_t place) const {
    const auto B = static_cast<int64_t>(persons.size());
    const torch::Tensor language = normal("language", 0, {kCode, kWords * kTextWidth});
    return {codes(persons, "text", place).matmul(language).view({B, kWords, kTextWidth}),
            at::ones({B, kWords}, torch::kBool)};
  }
};

/// Batches of `identities` persons from the world: P x 4 maps and, where asked for, P x 2 texts beside them.
class TinyBatches : public train::BatchSource {
 public:
  static constexpr int64_t kPersons = 8, kMaps = 4;
  TinyBatches(TinyWorld world, int64_t identities, int64_t texts_each)
      : world_(world), identities_(identities), texts_each_(texts_each) {}

  train::Batch draw(int64_t step) const override {
    const auto place = static_cast<uint64_t>(step);
    RandomStream random(world_.seed, "persons", {place});
    std::vector<int64_t> all(static_cast<size_t>(identities_));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
    random.shuffle(all);
    std::vector<int64_t> maps, texts;
    for (int64_t i = 0; i < kPersons; ++i) {
      maps.insert(maps.end(), kMaps, all[static_cast<size_t>(i)]);
      texts.insert(texts.end(), static_cast<size_t>(texts_each_), all[static_cast<size_t>(i)]);
    }
    train::Batch batch{.images = world_.maps(maps, place)};
    if (!texts.empty()) batch.texts = world_.texts(texts, place);
    maps.insert(maps.end(), texts.begin(), texts.end());
    batch.labels = torch::tensor(maps, torch::kInt64);
    return batch;
  }
  torch::Tensor sample_maps(int64_t) const override { return draw(0).images; }
  int64_t steps_per_epoch() const override { return (identities_ + kPersons - 1) / kPersons; }
  int64_t identities() const override { return identities_; }
  int64_t samples_per_step() const override { return kPersons * (kMaps + texts_each_); }

 private:
  TinyWorld world_;
  int64_t identities_, texts_each_;
};

}  // namespace dmf::test
