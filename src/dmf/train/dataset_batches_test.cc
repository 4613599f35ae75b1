#include "dmf/train/dataset_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/data/dataset.h"
#include "support/development_data.h"
#include "support/tiny_encoder.h"

namespace dmf::train {
namespace {

using ::testing::HasSubstr;

/// Gives each text as many words as it has letters, so that a test can tell which text it was.
class CountingEncoder : public translate::TextEncoder {
 public:
  CountingEncoder() : TextEncoder({}, {}) {}
  translate::TextTokens frozen(const std::vector<std::string>& texts) const override {
    int64_t longest = 0;
    for (const std::string& text : texts) longest = std::max(longest, static_cast<int64_t>(text.size()));
    const auto B = static_cast<int64_t>(texts.size());
    translate::TextTokens words{at::zeros({B, longest, 2}), at::zeros({B, longest}, torch::kBool)};
    for (int64_t i = 0; i < B; ++i) {
      words.mask[i].narrow(0, 0, static_cast<int64_t>(texts[static_cast<size_t>(i)].size())).fill_(true);
    }
    return words;
  }
  torch::Tensor hidden_states(const torch::Tensor&, const torch::Tensor&) const override { return {}; }
  int64_t width() const override { return 2; }
  std::string fingerprint() const override { return "counting"; }
};

/// Eight persons with two records each (of images that are not there); persons 1 … 4 have a caption, all have
/// attributes.
data::Dataset wordy_dataset() {
  data::Dataset dataset;
  dataset.spec = "made-up";
  for (int64_t identity = 1; identity <= 8; ++identity) {
    for (int64_t i = 0; i < 2; ++i) {
      data::Record record;
      record.path = std::filesystem::path("none.jpg");
      record.identity = identity;
      if (identity <= 4 && i == 0) record.captions = {"A man who walks in a red shirt."};
      dataset.train.push_back(record);
    }
    dataset.attributes[identity] = {{"gender", "female"}, {"upper_colour", "blue"}};
  }
  return dataset;
}

BatchOptions texts_only() {
  BatchOptions options;
  options.sampler.identities = 4;
  options.sampler.samples = 2;
  options.sampler.text_fraction = 1;
  return options;
}

DatasetBatches batches_of(const data::Dataset& dataset, const TextOptions& text,
                          BatchOptions batch = texts_only()) {
  BatchInputs inputs;
  inputs.image_encoder = std::make_shared<test::TinyEncoder>(3, translate::TokenGrid{4, 2});
  inputs.text_encoder = std::make_shared<CountingEncoder>();
  inputs.precision = "float32";
  return {dataset, inputs, batch, text, {}, 1, "pretrain"};
}

TEST(WordsOf, ReadsKeyWordsOrTheSentence) {
  const std::string caption = "A woman walks along in a red coat.";
  EXPECT_EQ(words_of(caption, {.words = "sentence"}), caption);
  EXPECT_EQ(words_of(caption, {.words = "keywords"}), "woman red coat");
  EXPECT_EQ(words_of("Somebody.", {.words = "keywords"}), "Somebody.");
}

TEST(DatasetBatches, HumanCaptionsComeBeforeComposedOnes) {
  const DatasetBatches both =
      batches_of(wordy_dataset(), {.source = "both", .words = "sentence", .composed = 3});
  EXPECT_EQ(both.wordings(0), std::vector<std::string>{"A man who walks in a red shirt."});
  EXPECT_EQ(both.wordings(15).size(), 3U);
  EXPECT_THAT(both.wordings(15)[0], HasSubstr("blue"));
  EXPECT_EQ(both.identities_with_text(), 8);
  EXPECT_EQ(batches_of(wordy_dataset(), {.source = "human"}).identities_with_text(), 4);
  EXPECT_THAT(batches_of(wordy_dataset(), {.source = "composed", .words = "sentence"}).wordings(0)[0],
              HasSubstr("blue"));
}

TEST(DatasetBatches, TextsAloneMakeABatchOfTexts) {
  const DatasetBatches source = batches_of(wordy_dataset(), {});
  const Batch batch = source.draw(0);
  EXPECT_FALSE(batch.images.defined());
  EXPECT_EQ(batch.texts.tokens.size(0), 8);
  EXPECT_EQ(batch.samples(), 8);
  EXPECT_FALSE(batch.weights.defined());
  EXPECT_EQ(source.identities(), 8);
  EXPECT_EQ(source.steps_per_epoch(), 2);
}

TEST(DatasetBatches, ABatchDependsOnItsStepAlone) {
  const DatasetBatches source = batches_of(wordy_dataset(), {.words = "sentence"});
  const Batch early = source.draw(3);
  source.draw(0);
  const Batch again = source.draw(3), other = source.draw(4);
  EXPECT_TRUE(at::equal(early.labels, again.labels));
  EXPECT_TRUE(at::equal(early.texts.mask, again.texts.mask));
  EXPECT_FALSE(at::equal(early.labels, other.labels) && at::equal(early.texts.mask, other.texts.mask));
}

TEST(DatasetBatches, RefusesToDrawImagesFromNowhere) {
  BatchInputs nothing;
  EXPECT_THROW(DatasetBatches(wordy_dataset(), nothing, texts_only(), {}, {}, 1, "pretrain"),
               InvalidArgument);
}

TEST(DatasetBatches, DecodesAsItDrawsWithoutAStore) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const data::Dataset dataset =
      data::open_dataset("market1501:" + (test::development_data() / "data" / "market1501s").string());
  translate::ImageEncoderOptions image;
  image.freeze = "none";
  image.height = 64;
  image.width = 32;
  BatchInputs inputs;
  inputs.image_encoder = translate::make_image_encoder(image);
  inputs.text_encoder = std::make_shared<CountingEncoder>();
  inputs.precision = "float32";
  BatchOptions options = texts_only();
  options.sampler.text_fraction = 0;
  options.sampler.texts_beside = 1;
  options.text_weight = 0.25;
  AugmentOptions augment;
  augment.grid.pad = 2;
  const DatasetBatches source(dataset, inputs, options, {.composed = 1}, augment, 1, "pretrain");
  const Batch batch = source.draw(0);
  EXPECT_EQ(batch.images.sizes(), (at::IntArrayRef{8, 3, 64, 32}));
  EXPECT_EQ(batch.labels.size(0), 8 + batch.texts.tokens.size(0));
  EXPECT_EQ(batch.weights[0].item<double>(), 1.0);
  EXPECT_EQ(batch.weights[-1].item<double>(), 0.25);
  EXPECT_EQ(source.identities(), 551);
  EXPECT_EQ(source.sample_maps(5).sizes(), (at::IntArrayRef{5, 3, 64, 32}));
}

}  // namespace
}  // namespace dmf::train
