#include "dmf/search/approximate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/search/principal.h"
#include "dmf/search/testing_gallery.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::search {
namespace {

using namespace testing_gallery;
using testing::HasSubstr;

constexpr int64_t kWide = 48, kPerIdentity = 20;

/// Vectors of identities that differ in few directions, as a model's do; other noise makes other pictures of
/// them.
std::vector<float> identities(int64_t count, uint64_t seed, uint64_t noise_seed = 1000) {
  constexpr int64_t kFew = 12;
  const std::vector<float> axes = test::random_values(kFew * kWide, 1);
  const std::vector<float> places = test::random_values(count * kFew, seed);
  const std::vector<float> noise =
      test::random_values(count * kPerIdentity * kWide, seed + noise_seed, 0, 0.15);
  std::vector<float> values;
  for (int64_t row = 0; row < count * kPerIdentity; ++row) {
    for (int64_t k = 0; k < kWide; ++k) {
      float sum = noise[static_cast<size_t>(row * kWide + k)];
      for (int64_t f = 0; f < kFew; ++f)
        sum += places[static_cast<size_t>(row / kPerIdentity * kFew + f)] *
               axes[static_cast<size_t>(f * kWide + k)];
      values.push_back(sum);
    }
  }
  return values;
}

class Approximate : public testing::Test {
 protected:
  void add(const std::vector<float>& values) {
    const auto count = static_cast<int64_t>(values.size()) / kWide;
    writer_.add({values, count, kWide}, std::vector<NewCrop>(static_cast<size_t>(count)));
  }
  std::shared_ptr<const Snapshot> snapshot() const { return writer_.gallery().snapshot(); }

  double recall(const ApproximateIndex& index, const Selection& selection) const {
    const std::vector<float> queries = identities(3, 3, 2000);
    const eval::VectorView view{queries, 60, kWide};
    const Answers exact = search_exact(*snapshot(), view, 10, selection);
    const Answers found = index.search(*snapshot(), view, 10, selection);
    double hits = 0, all = 0;
    for (size_t q = 0; q < exact.size(); ++q) {
      EXPECT_EQ(found[q].size(), exact[q].size());
      for (const Hit& right : exact[q]) {
        ++all;
        for (const Hit& hit : found[q]) {
          if (hit.id != right.id) continue;
          ++hits;
          EXPECT_EQ(hit.similarity, right.similarity) << "compared in full";
        }
      }
    }
    return hits / all;
  }

  test::TemporaryFolder folder_;
  GalleryWriter writer_{folder_ / "g", GalleryKind{"m", kWide}};
};

TEST_F(Approximate, FindsMostWithFewDirections) {
  add(identities(200, 3));
  const ApproximateIndex index = ApproximateIndex::build(*snapshot(), {.recall = 0.9, .queries = 64});
  EXPECT_GE(index.facts().recall, 0.9);
  EXPECT_LT(index.facts().directions, kWide);
  EXPECT_LT(index.facts().candidates, 1000);
  EXPECT_GE(recall(index, snapshot()->all()), 0.85);
  EXPECT_EQ(index.covered(*snapshot()), 4000);
}

TEST_F(Approximate, AHigherRecallTakesMore) {
  add(identities(200, 3));
  const ApproximateIndex low =
      ApproximateIndex::build(*snapshot(), {.recall = 0.5, .queries = 64, .directions = 4});
  const ApproximateIndex high =
      ApproximateIndex::build(*snapshot(), {.recall = 0.99, .queries = 64, .directions = 4});
  EXPECT_GT(high.facts().candidates, low.facts().candidates);
  EXPECT_GT(recall(high, snapshot()->all()), recall(low, snapshot()->all()) - 1e-9);
  EXPECT_GE(high.facts().recall, 0.99);
}

TEST_F(Approximate, WhatCameLaterIsFoundAndWhatIsDeletedIsNot) {
  add(identities(100, 3));
  const ApproximateIndex index = ApproximateIndex::build(*snapshot(), {.recall = 0.95, .queries = 64});
  add(identities(30, 50));
  EXPECT_EQ(index.covered(*snapshot()), 2000);
  const std::vector<float> latest(snapshot()->vector(2500), snapshot()->vector(2500) + kWide);
  const Selection all = snapshot()->all();
  EXPECT_EQ(index.search(*snapshot(), {latest, 1, kWide}, 1, all)[0][0].id, 2500);
  const std::vector<float> early(snapshot()->vector(77), snapshot()->vector(77) + kWide);
  EXPECT_EQ(index.search(*snapshot(), {early, 1, kWide}, 1, all)[0][0].id, 77);
  writer_.remove({77});
  EXPECT_NE(index.search(*snapshot(), {early, 1, kWide}, 1, snapshot()->all())[0][0].id, 77);
  EXPECT_GE(recall(index, snapshot()->all()), 0.9);
  std::vector<int64_t> even;
  for (int64_t id = 2; id <= 2600; id += 2) even.push_back(id);
  EXPECT_GE(recall(index, snapshot()->of(even)), 0.9);
  EXPECT_EQ(recall(index, snapshot()->of({5, 6, 7, 8})), 1) << "of few, exactly";
  writer_.compact();
  EXPECT_EQ(index.covered(*snapshot()), 0) << "other segments";
  EXPECT_EQ(recall(index, snapshot()->all()), 1);
}

TEST_F(Approximate, ComesBackAsItWasAndDamageIsFound) {
  add(identities(100, 3));
  const std::filesystem::path path = approximate_file(folder_ / "g");
  const ApproximateIndex index = ApproximateIndex::build(*snapshot(), {.queries = 64});
  index.save(path);
  const ApproximateIndex loaded = ApproximateIndex::load(path, kWide);
  EXPECT_EQ(loaded.facts().candidates, index.facts().candidates);
  EXPECT_EQ(recall(loaded, snapshot()->all()), recall(index, snapshot()->all()));
  const std::string whole = read_text(path);
  for (size_t at = 0; at < whole.size(); at += whole.size() / 97) {
    if (whole[at] == ' ') continue;  // behind the header
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 16);
    write_text(path, damaged);
    EXPECT_THAT(test::message_of<DataError>([&] { ApproximateIndex::load(path, kWide); }),
                HasSubstr(path.string()))
        << at;
  }
  for (const size_t size : {size_t{0}, size_t{20}, size_t{100}, whole.size() - 1}) {
    write_text(path, whole.substr(0, size));
    EXPECT_THAT(test::message_of<DataError>([&] { ApproximateIndex::load(path, kWide); }),
                HasSubstr(path.string()))
        << size;
  }
  write_text(path, whole);
  EXPECT_THAT(test::message_of<DataError>([&] { ApproximateIndex::load(path, 5); }),
              HasSubstr("48 numbers, not 5"));
}

TEST(PrincipalDirections, AreThoseOfAnEllipse) {
  // Long along (3, 4, 0) / 5, shorter along (4, -3, 0) / 5, nothing along the third.
  std::vector<float> values;
  const std::vector<float> random = test::random_values(2000, 6);
  for (size_t i = 0; i < random.size(); i += 2) {
    const float a = 5 * random[i], b = random[i + 1];
    for (const float value : {0.6F * a + 0.8F * b, 0.8F * a - 0.6F * b, 0.F}) values.push_back(value);
  }
  const std::vector<float> directions = principal_directions({values, 1000, 3}, 2);
  ASSERT_EQ(directions.size(), 6);
  EXPECT_NEAR(std::abs(directions[0] * 0.6F + directions[1] * 0.8F), 1, 1e-2);
  EXPECT_NEAR(std::abs(directions[3] * 0.8F - directions[4] * 0.6F), 1, 1e-2);
  EXPECT_NEAR(directions[2], 0, 1e-5);
  const std::vector<float> few = projected({values, 1000, 3}, directions);
  double square = 0;
  for (int k = 0; k < 3; ++k) square += values[static_cast<size_t>(k)] * values[static_cast<size_t>(k)];
  EXPECT_NEAR(few[0] * few[0] + few[1] * few[1], square, 1e-4 * square) << "nothing of the vector is lost";
}

}  // namespace
}  // namespace dmf::search
