#include "dmf/data/mixture.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/dataset.h"
#include "dmf/data/sampler.h"
#include "support/temporary_folder.h"

namespace dmf::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Dataset made_up(const std::string& title, int64_t identities, int64_t images, int64_t cameras) {
  Dataset dataset;
  dataset.title = dataset.spec = dataset.fingerprint = title;
  dataset.has_cameras = cameras > 0;
  for (int64_t identity = 1; identity <= identities; ++identity) {
    for (int64_t i = 0; i < images; ++i) {
      const int64_t camera = cameras > 0 ? 1 + i % cameras : kNoCamera;
      dataset.train.push_back({fmt::format("{}/{}_{}.jpg", title, identity, i), identity, camera, {}});
    }
  }
  dataset.query = dataset.gallery = dataset.train;
  return dataset;
}

TEST(Mixture, IdentitiesAndCamerasOfDifferentDatasetsAreDifferent) {
  Dataset first = made_up("a", 3, 2, 2), second = made_up("b", 2, 4, 4);
  first.train.push_back({"a/junk.jpg", kDistractor, 1, {}});
  second.train[0].captions = {"a red coat"};
  second.attributes[2]["upper"] = {};
  second.attributes[77]["upper"] = {};  // of the test identities
  const Dataset mixture = mixture_of("a + b", {first, second});
  ASSERT_EQ(mixture.train.size(), 7U + 8U);
  EXPECT_TRUE(mixture.query.empty() && mixture.gallery.empty());
  std::set<int64_t> identities, cameras;
  for (const Record& record : mixture.train) {
    identities.insert(record.identity);
    cameras.insert(record.camera);
  }
  EXPECT_THAT(identities, ElementsAre(kDistractor, 1, 2, 3, 4, 5));
  EXPECT_THAT(cameras, ElementsAre(1, 2, 4, 5, 6, 7));
  EXPECT_EQ(mixture.train[7].captions.size(), 1U);
  EXPECT_EQ(mixture.attributes.size(), 1U);
  EXPECT_TRUE(mixture.attributes.contains(5));
  EXPECT_EQ(mixture.title, "a+b");
  ASSERT_EQ(mixture.parts.size(), 2U);
  EXPECT_EQ(mixture.parts[0].last_identity, 3);
  EXPECT_EQ(mixture.parts[1].last_identity, 5);
  EXPECT_EQ(identity_name(mixture, 4), "b/0001");
}

TEST(Mixture, HasAFingerprintOfItsOwn) {
  const Dataset a = made_up("a", 3, 2, 1), b = made_up("b", 3, 2, 1);
  const std::string ab = mixture_of("x", {a, b}).fingerprint;
  EXPECT_EQ(mixture_of("y", {a, b}).fingerprint, ab);
  EXPECT_NE(mixture_of("x", {b, a}).fingerprint, ab) << "identities have other numbers";
  EXPECT_THAT(
      [&] {
        mixture_of("a + a", {a, a});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("`a` is in the mixture twice")));
}

TEST(Mixture, IsOpenedByNamesJoinedByPlus) {
  EXPECT_THAT(mixture_parts("market1501:A + cuhk03:B?boxes=labeled + c"),
              ElementsAre("market1501:A", "cuhk03:B?boxes=labeled", "c"));
  EXPECT_THAT(mixture_parts("folder:a+b"), ElementsAre("folder:a+b"));
  const test::TemporaryFolder folder;
  EXPECT_THAT([&] { open_dataset("folder:" + (folder / "no").string() + " + folder:x"); },
              ThrowsMessage<DataError>(HasSubstr((folder / "no").string())));
  for (const char* name : {"one", "two + 3"}) {
    for (const char* image : {"p1/a.jpg", "p1/b.jpg", "p2/c.jpg", "p2/d.jpg"})
      write_text(folder / name / image, std::string("x") + name);
  }
  EXPECT_THAT(mixture_parts((folder / "two + 3").string()), ElementsAre((folder / "two + 3").string()));
  std::filesystem::rename(folder / "two + 3", folder / "two");
  const Dataset mixture =
      open_dataset("folder:" + (folder / "one").string() + " + folder:" + (folder / "two").string());
  EXPECT_EQ(mixture.train.size(), 8U);
  EXPECT_EQ(mixture.name, "mixture");
  EXPECT_EQ(identity_name(mixture, mixture.train.back().identity), "two/p2");
}

SamplerOptions balanced(std::vector<double> shares) {
  SamplerOptions options;
  options.identities = 8;
  options.samples = 2;
  options.balance = "datasets";
  options.shares = std::move(shares);
  return options;
}

/// Identities that a dataset had in each batch of an epoch.
std::vector<std::vector<int64_t>> counts(const IdentitySampler& sampler, const Dataset& mixture) {
  std::vector<std::vector<int64_t>> all;
  for (int64_t i = 0; i < sampler.batches(0); ++i) {
    std::set<int64_t> labels;
    for (const Sample& sample : sampler.batch(0, i)) labels.insert(sample.label);
    EXPECT_EQ(labels.size(), 8U) << "none twice";
    std::vector<int64_t>& batch = all.emplace_back(mixture.parts.size());
    for (const int64_t label : labels) {
      const int64_t identity = sampler.identities()[static_cast<size_t>(label)];
      size_t part = 0;
      while (identity > mixture.parts[part].last_identity) ++part;
      ++batch[part];
    }
  }
  return all;
}

TEST(BalancedSampler, DrawsFromEachDatasetByItsShare) {
  const Dataset mixture = mixture_of("m", {made_up("a", 90, 2, 0), made_up("b", 10, 2, 0)});
  const auto sampler_of = [&](const SamplerOptions& options) {
    return IdentitySampler(mixture.train, {}, options, 3, mixture.parts);
  };
  for (const auto& batch : counts(sampler_of(balanced({})), mixture)) EXPECT_THAT(batch, ElementsAre(4, 4));
  for (const auto& batch : counts(sampler_of(balanced({3, 1})), mixture))
    EXPECT_THAT(batch, ElementsAre(6, 2));
  for (const auto& batch : counts(sampler_of(balanced({1, 0})), mixture))
    EXPECT_THAT(batch, ElementsAre(8, 0));
  int64_t second = 0;
  const auto thirds = counts(sampler_of(balanced({2, 1})), mixture);
  for (const auto& batch : thirds) {
    second += batch[1];
    EXPECT_THAT(batch[1], testing::AllOf(testing::Ge(2), testing::Le(3)));
  }
  EXPECT_NEAR(static_cast<double>(second), 8.0 * static_cast<double>(thirds.size()) / 3, 1);
  // Without balance a dataset comes as often as it has identities.
  SamplerOptions plain = balanced({});
  plain.balance = "identities";
  int64_t of_small = 0;
  for (const auto& batch : counts(sampler_of(plain), mixture)) of_small += batch[1];
  EXPECT_NEAR(static_cast<double>(of_small), 10, 4);
}

TEST(BalancedSampler, IdentitiesOfASmallDatasetComeEquallyOften) {
  const Dataset mixture = mixture_of("m", {made_up("a", 90, 2, 0), made_up("b", 10, 2, 0)});
  const IdentitySampler sampler(mixture.train, {}, balanced({}), 3, mixture.parts);
  std::map<int64_t, int64_t> seen;
  for (int64_t i = 0; i < sampler.batches(0); ++i) {
    for (const Sample& sample : sampler.batch(0, i)) ++seen[sample.label];
    EXPECT_EQ(sampler.batch(0, i), sampler.batch(0, i)) << "hangs on the place alone";
  }
  int64_t least = INT64_MAX, most = 0;
  for (int64_t label = 90; label < 100; ++label) {
    least = std::min(least, seen[label] / 2);
    most = std::max(most, seen[label] / 2);
  }
  EXPECT_LE(most - least, 1) << "52 places, 10 identities";
  EXPECT_NE(sampler.batch(0, 0), sampler.batch(1, 0));
}

TEST(BalancedSampler, RefusesSharesThatDoNotFit) {
  const Dataset mixture = mixture_of("m", {made_up("a", 90, 2, 0), made_up("b", 3, 2, 0)});
  const auto making = [&](std::vector<double> shares) {
    return [&, shares] { IdentitySampler(mixture.train, {}, balanced(shares), 3, mixture.parts); };
  };
  EXPECT_THAT(making({1, 1}), ThrowsMessage<InvalidArgument>(
                                  AllOf(HasSubstr("up to 5 of a batch's identities from b, which has 3"))));
  EXPECT_THAT(making({1}), ThrowsMessage<InvalidArgument>(HasSubstr("the 2 datasets of the mixture, got 1")));
  EXPECT_THAT(making({0, 0}), ThrowsMessage<InvalidArgument>(HasSubstr("sum 0")));
  EXPECT_NO_THROW(making({9, 1})());
  EXPECT_THAT([&] { IdentitySampler(mixture.train, {}, balanced({}), 3); },
              ThrowsMessage<InvalidArgument>(HasSubstr("needs a mixture")));
}

}  // namespace
}  // namespace dmf::data
