#include "dmf/eval/re_ranking.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/eval/expansion.h"
#include "dmf/eval/neighbours.h"
#include "dmf/eval/vector_file.h"
#include "support/development_data.h"
#include "support/random_values.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

// Spread 1e-5: float32 can hardly tell distances apart. Spread 0: all are equal.
class NeighboursTest : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Spreads, NeighboursTest, testing::Values(1, 1e-5, 0));

TEST_P(NeighboursTest, EqualAFullSort) {
  constexpr int64_t kQueries = 20, kImages = 1500, kWidth = 20, kCount = 30;
  const std::vector<float> query = test::random_values(kQueries * kWidth, 1, 1, GetParam()),
                           gallery = test::random_values(kImages * kWidth, 2, 1, GetParam());
  for (const Metric metric : {Metric::kCosine, Metric::kSquaredEuclidean}) {
    const auto distances = vector_distances({query, kQueries, kWidth}, {gallery, kImages, kWidth}, metric);
    const Neighbours found = find_neighbours(*distances, kCount, {14, 600, 2});
    for (int64_t q = 0; q < kQueries; ++q) {
      std::vector<std::pair<double, int32_t>> all;
      for (int64_t g = 0; g < kImages; ++g) all.emplace_back(distances->pair(q, g), g);
      std::sort(all.begin(), all.end());
      for (size_t k = 0; k < kCount; ++k) ASSERT_EQ(found.of(q)[k], all[k].second) << q << " " << k;
      EXPECT_EQ(found.farthest[static_cast<size_t>(q)], all.back().first);
    }
  }
}

TEST_P(NeighboursTest, OfASetInItselfEqualAFullSort) {
  constexpr int64_t kImages = 900, kWidth = 20, kCount = 30;
  const std::vector<float> values = test::random_values(kImages * kWidth, 1, 1, GetParam());
  const VectorView all{values, kImages, kWidth};
  for (const Metric metric : {Metric::kCosine, Metric::kSquaredEuclidean}) {
    const auto distances = vector_distances(all, all, metric);
    for (const int64_t threads : {1, 4}) {
      const Neighbours found = find_neighbours(*distances, kCount, {14, 600, threads});
      for (int64_t q = 0; q < kImages; ++q) {
        std::vector<std::pair<double, int32_t>> sorted;
        for (int64_t g = 0; g < kImages; ++g) sorted.emplace_back(distances->pair(q, g), g);
        std::sort(sorted.begin(), sorted.end());
        for (size_t k = 0; k < kCount; ++k) {
          ASSERT_EQ(found.of(q)[k], sorted[k].second) << q << " " << k;
          ASSERT_EQ(found.distances[static_cast<size_t>(q) * kCount + k], sorted[k].first) << q << " " << k;
        }
        ASSERT_EQ(found.farthest[static_cast<size_t>(q)], sorted.back().first) << q;
      }
    }
  }
}

class GoldenVectors : public testing::Test {
 protected:
  const std::filesystem::path folder_ = test::golden() / "eval" / "euclidean";
  const VectorSet query_ = read_npy_vectors(folder_ / "query.npy");
  const VectorSet gallery_ = read_npy_vectors(folder_ / "gallery.npy");
};

class ReRankingGolden : public GoldenVectors, public testing::WithParamInterface<ReRankingOptions> {};
INSTANTIATE_TEST_SUITE_P(Settings, ReRankingGolden,
                         testing::Values(ReRankingOptions{20, 6, 0.3}, ReRankingOptions{7, 1, 0.3},
                                         ReRankingOptions{25, 10, 0}));

TEST_P(ReRankingGolden, EqualsTheAuthorsCode) {
  const auto& [k1, k2, lambda] = GetParam();
  const VectorSet expected = read_npy_vectors(folder_ / fmt::format("re_ranked_{}_{}.npy", k1, k2));
  const auto distances =
      re_ranked_distances(query_.view(), gallery_.view(), Metric::kSquaredEuclidean, GetParam());
  for (int64_t q = 0; q < query_.view().count; ++q) {
    for (int64_t g = 0; g < gallery_.view().count; ++g)
      ASSERT_NEAR(distances->pair(q, g), expected.view().row(q)[g], 1e-5) << q << " " << g;
  }
}

TEST_P(ReRankingGolden, ScreensWithinItsError) {
  const auto distances =
      re_ranked_distances(query_.view(), gallery_.view(), Metric::kSquaredEuclidean, GetParam());
  distances->screen({}, [&](const ScreenedRow& row) {
    for (int64_t i = 0; i < row.gallery.count(); ++i)
      ASSERT_NEAR(-row.nearness[i], distances->pair(row.query, row.gallery.first + i), row.error);
    EXPECT_LT(row.error, 1e-4);
  });
}

TEST_F(GoldenVectors, ReRankedDoNotDependOnBlocksAndThreads) {
  const auto one = re_ranked_distances(query_.view(), gallery_.view(), Metric::kCosine, {}, {1, 7, 1});
  const auto two = re_ranked_distances(query_.view(), gallery_.view(), Metric::kCosine, {}, {64, 100, 3});
  for (int64_t g = 0; g < gallery_.view().count; ++g) EXPECT_EQ(one->pair(5, g), two->pair(5, g));
}

TEST_F(GoldenVectors, ReRankedEvaluateAsTheirDistancesDo) {
  const auto re_ranked = re_ranked_distances(query_.view(), gallery_.view(), Metric::kCosine);
  std::vector<double> values;
  Labels queries, images;
  for (int64_t q = 0; q < query_.view().count; ++q) {
    queries.identities.push_back(1 + q % 9);
    for (int64_t g = 0; g < gallery_.view().count; ++g) values.push_back(re_ranked->pair(q, g));
  }
  for (int64_t g = 0; g < gallery_.view().count; ++g) images.identities.push_back(1 + g % 9);
  const auto given = given_distances(values, query_.view().count, gallery_.view().count);
  EXPECT_EQ(evaluate(*re_ranked, queries, images).map, evaluate(*given, queries, images).map);
}

TEST(ReRanking, OfFewOrEqualVectorsIsDefined) {
  const std::vector<float> query(2 * 4, 1.0F), gallery(3 * 4, 1.0F);
  const auto distances = re_ranked_distances({query, 2, 4}, {gallery, 3, 4}, Metric::kSquaredEuclidean);
  EXPECT_NEAR(distances->pair(1, 2), 0, 1e-6);
  const std::vector<float> one = test::random_values(4, 3, 1), two = test::random_values(2 * 4, 3, 1);
  EXPECT_LE(re_ranked_distances({one, 1, 4}, {two, 2, 4}, Metric::kCosine)->pair(0, 1), 1);
}

TEST(ReRanking, RefusesSettingsOutOfRange) {
  const std::vector<float> values(8, 1.0F);
  EXPECT_THAT(
      [&] {
        re_ranked_distances({values, 2, 4}, {values, 2, 4}, Metric::kCosine, {0, 6, 0.3});
      },
      Throws<InvalidArgument>(
          Property(&Error::what, HasSubstr("expected k1 > 0, k2 > 0 and lambda in [0, 1]"))));
  EXPECT_THROW(re_ranked_distances({values, 2, 4}, {values, 2, 4}, Metric::kCosine, {20, 6, 1.5}),
               InvalidArgument);
}

TEST_F(GoldenVectors, ExpandAsFastReidDoes) {
  for (const ExpansionOptions& options : {ExpansionOptions{10, 3}, ExpansionOptions{4, 0}}) {
    const VectorSet expected = read_npy_vectors(folder_ / fmt::format("expanded_{}.npy", options.neighbours));
    const ExpandedVectors expanded = expand(query_.view(), gallery_.view(), options);
    const auto width = static_cast<size_t>(query_.view().width);
    for (size_t i = 0; i < 10 * width; ++i) {
      EXPECT_NEAR(expanded.query.values[i], expected.view().values[i], 1e-5);
      EXPECT_NEAR(expanded.gallery.values[i], expected.view().values[10 * width + i], 1e-5);
    }
  }
}

TEST(Expansion, RefusesWhatDoesNotFit) {
  const std::vector<float> values(12, 1.0F);
  EXPECT_THROW(expand({values, 3, 4}, {values, 2, 6}), InvalidArgument);
  EXPECT_THROW(expand({values, 3, 4}, {values, 3, 4}, {0, 3}), InvalidArgument);
}

TEST(PooledQueries, AreTheMeanOfUnitVectorsOfOneIdentityAndCamera) {
  const std::vector<float> values{3, 4, 0, 1, 0, 2, 5, 0};
  const PooledQueries pooled = pool_queries({{values, 4, 2}, {{7, 8, 7, 7}, {1, 1, 1, 2}}});
  EXPECT_THAT(pooled.labels.identities, ElementsAre(7, 8, 7));
  EXPECT_THAT(pooled.labels.cameras, ElementsAre(1, 1, 2));
  EXPECT_THAT(pooled.vectors.values, ElementsAre(FloatNear(0.3F, 1e-6F), FloatNear(0.9F, 1e-6F), 0, 1, 1, 0));
  EXPECT_EQ(pool_queries({{values, 4, 2}, {{7, 8, 7, 7}, {}}}).labels.count(), 2);
}

}  // namespace
}  // namespace dmf::eval
