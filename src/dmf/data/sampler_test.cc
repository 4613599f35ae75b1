#include "dmf/data/sampler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "dmf/core/error.h"

namespace dmf::data {
namespace {

using ::testing::HasSubstr;

/// Identity i + 1 has images[i] images; those of identities in `captioned` carry a caption on their first
/// image.
std::vector<Record> make_records(const std::vector<int>& images, const std::set<int64_t>& captioned = {}) {
  std::vector<Record> records;
  for (size_t i = 0; i < images.size(); ++i) {
    const auto identity = static_cast<int64_t>(i + 1);
    for (int k = 0; k < images[i]; ++k) {
      records.push_back({"x.jpg", identity, kNoCamera, {}});
      if (k == 0 && captioned.contains(identity)) records.back().captions.push_back("a person");
    }
  }
  return records;
}

SamplerOptions options_of(int64_t identities, int64_t samples) {
  SamplerOptions options;
  options.identities = identities;
  options.samples = samples;
  return options;
}

int64_t count_texts(const std::vector<Sample>& samples) {
  return std::count_if(samples.begin(), samples.end(),
                       [](const Sample& s) { return s.modality == Modality::kText; });
}

TEST(IdentitySampler, ABatchHasPIdentitiesOfKDifferentImages) {
  const std::vector<Record> records = make_records(std::vector<int>(40, 5));
  const IdentitySampler sampler(records, {}, options_of(16, 4), 1);
  EXPECT_EQ(sampler.batches(0), 3);
  const std::vector<Sample> batch = sampler.batch(0, 0);
  ASSERT_EQ(batch.size(), 64U);
  std::set<int64_t> labels, images;
  for (const Sample& sample : batch) {
    labels.insert(sample.label);
    images.insert(sample.record);
    EXPECT_EQ(records[static_cast<size_t>(sample.record)].identity,
              sampler.identities()[static_cast<size_t>(sample.label)]);
  }
  EXPECT_EQ(labels.size(), 16U);
  EXPECT_EQ(images.size(), 64U);
}

TEST(IdentitySampler, AnEpochCoversAllIdentitiesAndNoBatchHasOneTwice) {
  const std::vector<Record> records = make_records(std::vector<int>(21, 2));
  const IdentitySampler sampler(records, {}, options_of(16, 2), 5);
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    std::set<int64_t> seen;
    for (int64_t i = 0; i < sampler.batches(epoch); ++i) {
      std::set<int64_t> labels;
      for (const Sample& sample : sampler.batch(epoch, i)) labels.insert(sample.label);
      EXPECT_EQ(labels.size(), 16U);
      seen.insert(labels.begin(), labels.end());
    }
    EXPECT_EQ(seen.size(), 21U);
  }
}

TEST(IdentitySampler, AnEpochOfImagesHasAsManySamplesAsImages) {
  SamplerOptions options = options_of(2, 2);
  options.epoch = "images";
  const IdentitySampler sampler(make_records({9, 9, 3}), {}, options, 1);
  EXPECT_EQ(sampler.batches(0), 6);
  EXPECT_EQ(sampler.batch(0, 5).size(), 4U);
}

TEST(IdentitySampler, FewImagesAreDrawnWithReplacement) {
  const IdentitySampler sampler(make_records({1, 2}), {}, options_of(2, 4), 1);
  EXPECT_EQ(sampler.batch(0, 0).size(), 8U);
}

TEST(IdentitySampler, SpreadsAnIdentitysImagesOverItsCameras) {
  std::vector<Record> records = make_records(std::vector<int>(8, 12));
  // Ten images of camera 1, one of camera 2, one of camera 3.
  for (size_t i = 0; i < records.size(); ++i)
    records[i].camera = i % 12 < 10 ? 1 : static_cast<int64_t>(i % 12) - 8;
  SamplerOptions options = options_of(4, 4);
  options.cameras = "spread";
  const IdentitySampler sampler(records, {}, options, 3);
  std::set<int64_t> of_first_camera;
  for (int64_t epoch = 0; epoch < 20; ++epoch) {
    const std::vector<Sample> batch = sampler.batch(epoch, 0);
    std::map<int64_t, std::multiset<int64_t>> cameras;
    std::set<int64_t> images;
    for (const Sample& sample : batch) {
      const int64_t camera = records[static_cast<size_t>(sample.record)].camera;
      cameras[sample.label].insert(camera);
      images.insert(sample.record);
      if (camera == 1) of_first_camera.insert(sample.record % 12);
    }
    EXPECT_EQ(images.size(), 16U);
    for (const auto& [label, of_label] : cameras)
      EXPECT_EQ(of_label, (std::multiset<int64_t>{1, 1, 2, 3})) << "identity " << label;
  }
  EXPECT_EQ(of_first_camera.size(), 10U) << "every image of a large camera comes in time";
}

TEST(IdentitySampler, FewerImagesThanAskedForAreNotSpread) {
  std::vector<Record> records = make_records(std::vector<int>(4, 2));
  for (size_t i = 0; i < records.size(); ++i) records[i].camera = static_cast<int64_t>(i % 2);
  SamplerOptions options = options_of(2, 4);
  options.cameras = "spread";
  EXPECT_EQ(IdentitySampler(records, {}, options, 3).batch(0, 0).size(), 8U);
}

TEST(IdentitySampler, DependsOnSeedEpochAndIndexOnly) {
  const std::vector<Record> records = make_records(std::vector<int>(40, 5));
  const IdentitySampler a(records, {}, options_of(16, 4), 1), b(records, {}, options_of(16, 4), 1),
      c(records, {}, options_of(16, 4), 2);
  b.batch(3, 0);
  EXPECT_EQ(a.batch(3, 1), b.batch(3, 1));
  EXPECT_NE(a.batch(3, 1), a.batch(4, 1));
  EXPECT_NE(a.batch(3, 1), c.batch(3, 1));
}

TEST(IdentitySampler, TextsTakeThePlaceOfImages) {
  SamplerOptions options = options_of(2, 4);
  options.text_fraction = 0.5;
  const std::vector<Record> records = make_records({5, 5}, {1, 2});
  const IdentitySampler sampler(records, {}, options, 1);
  const std::vector<Sample> batch = sampler.batch(0, 0);
  EXPECT_EQ(batch.size(), 8U);
  EXPECT_EQ(count_texts(batch), 4);
  for (const Sample& sample : batch) {
    const bool is_captioned = !records[static_cast<size_t>(sample.record)].captions.empty();
    EXPECT_TRUE(sample.modality == Modality::kImage || is_captioned);
  }
}

TEST(IdentitySampler, AFractionOfATextIsDrawn) {
  SamplerOptions options = options_of(2, 2);
  options.text_fraction = 0.25;
  const IdentitySampler sampler(make_records({5, 5}, {1, 2}), {}, options, 1);
  int64_t texts = 0;
  for (int64_t epoch = 0; epoch < 400; ++epoch) texts += count_texts(sampler.batch(epoch, 0));
  EXPECT_NEAR(static_cast<double>(texts), 400.0, 60.0)
      << "half a text for each of 800 identities; four deviations are 57";
}

TEST(IdentitySampler, TextsBesideComeOnTop) {
  SamplerOptions options = options_of(2, 4);
  options.texts_beside = 2;
  const std::vector<Record> records = make_records({5, 5, 5}, {1});
  const std::map<int64_t, text::Attributes> attributes{{2, {{"gender", "male"}}}};
  const IdentitySampler sampler(records, attributes, options, 1);
  EXPECT_EQ(sampler.classes_with_text(), 2);
  std::map<int64_t, int64_t> texts, images;
  for (int64_t i = 0; i < sampler.batches(0); ++i) {
    for (const Sample& sample : sampler.batch(0, i))
      ++(sample.modality == Modality::kText ? texts : images)[sample.label];
  }
  EXPECT_EQ(texts[0], images[0] / 2);
  EXPECT_EQ(texts[1], images[1] / 2);
  EXPECT_EQ(texts[2], 0) << "no caption, no attributes";
  EXPECT_GE(images[2], 4);
}

TEST(IdentitySampler, LeavesOutJunkAndDistractors) {
  std::vector<Record> records = make_records({2, 2});
  records.push_back({"x.jpg", kJunk, kNoCamera, {}});
  records.push_back({"x.jpg", kDistractor, kNoCamera, {}});
  EXPECT_EQ(IdentitySampler(records, {}, options_of(2, 2), 1).classes(), 2);
}

TEST(IdentitySampler, SaysWhatIsMissing) {
  const auto says = [](const std::vector<Record>& records, const SamplerOptions& options) {
    try {
      IdentitySampler(records, {}, options, 1);
    } catch (const InvalidArgument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(says(make_records({4, 4, 4}), options_of(16, 4)),
              HasSubstr("a batch takes 16, the records have 3"));
  EXPECT_THAT(says(make_records({1, 1, 1}), options_of(2, 4)), HasSubstr("no identity has two images"));
  SamplerOptions options = options_of(2, 4);
  options.texts_beside = 1;
  EXPECT_THAT(says(make_records({4, 4}), options), HasSubstr("no identity has captions or attributes"));
  options = options_of(2, 4);
  options.cameras = "spread";
  EXPECT_THAT(says(make_records({4, 4}), options), HasSubstr("needs cameras, and the records have none"));
  const IdentitySampler sampler(make_records({4, 4}), {}, options_of(2, 4), 1);
  EXPECT_THROW(sampler.batch(0, 1), InvalidArgument);
}

}  // namespace
}  // namespace dmf::data
