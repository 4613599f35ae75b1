#include "dmf/eval/distance.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "support/random_values.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

double distance(std::vector<float> a, std::vector<float> b, Metric metric) {
  const auto width = static_cast<int64_t>(a.size());
  return vector_distances({a, 1, width}, {b, 1, width}, metric)->pair(0, 0);
}

TEST(Distance, Cosine) {
  EXPECT_EQ(distance({3, 4}, {6, 8}, Metric::kCosine), 0);
  EXPECT_EQ(distance({3, 4}, {-4, 3}, Metric::kCosine), 1);
  EXPECT_EQ(distance({3, 4}, {-3, -4}, Metric::kCosine), 2);
  EXPECT_DOUBLE_EQ(distance({1, 0}, {1, 1}, Metric::kCosine), 1 - std::sqrt(0.5));
}

TEST(Distance, SquaredEuclidean) {
  EXPECT_EQ(distance({1, 2}, {4, 6}, Metric::kSquaredEuclidean), 25);
  EXPECT_EQ(distance({1, 2}, {1, 2}, Metric::kSquaredEuclidean), 0);
}

TEST(Distance, OfAVectorToItselfIsExactlyZeroEuclidean) {
  const std::vector<float> values = test::random_values(1000, 1);
  const auto distances = vector_distances({values, 10, 100}, {values, 10, 100}, Metric::kSquaredEuclidean);
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(distances->pair(i, i), 0);
}

TEST(Distance, HugeAndTinyNumbersNeitherOverflowNorVanish) {
  EXPECT_EQ(distance({3e38F, 0}, {0, 3e38F}, Metric::kCosine), 1);
  EXPECT_EQ(distance({1e-40F, 0}, {0, 1e-40F}, Metric::kCosine), 1);
}

TEST(Distance, VectorsThatCannotBeRankedAreRefused) {
  const std::vector<float> good{1, 2}, bad{1, 1, 0, 0};
  EXPECT_THAT(
      [&] {
        vector_distances({good, 1, 2}, {bad, 2, 2}, Metric::kCosine);
      },
      Throws<InvalidArgument>(
          Property(&Error::what, HasSubstr("nothing but zeros in 1 (first: row 1), of 2"))));
}

TEST(Distance, OfDifferentWidthsIsRefused) {
  const std::vector<float> a{1, 2}, b{1, 2, 3};
  EXPECT_THAT(
      [&] {
        vector_distances({a, 1, 2}, {b, 1, 3}, Metric::kCosine);
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("query has 2, gallery has 3"))));
}

TEST(GivenDistances, AreCheckedAndGivenBack) {
  const auto distances = given_distances({1, 2, 3, 4, 5, 6}, 2, 3);
  EXPECT_EQ(distances->pair(1, 0), 4);
  std::vector<double> nearness;
  distances->screen({.threads = 1}, [&](const ScreenedRow& row) { nearness.push_back(row.nearness[1]); });
  EXPECT_THAT(nearness, ElementsAre(testing::DoubleNear(distances->nearness(0, 2), 1e-7),
                                    testing::DoubleNear(distances->nearness(1, 5), 1e-7)));
  EXPECT_THROW(given_distances({1, 2, 3}, 2, 3), InvalidArgument);
  EXPECT_THAT(
      [] {
        given_distances({1, 2, 3, std::nan("")}, 2, 2);
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("NaN between query 1 and gallery image 1"))));
}

TEST(Metric, NamesGoBothWays) {
  EXPECT_STREQ(name_of(metric_by_name("cosine")), "cosine");
  EXPECT_STREQ(name_of(metric_by_name("euclidean")), "euclidean");
  EXPECT_THAT([] { metric_by_name("manhattan"); },
              Throws<InvalidArgument>(Property(&Error::what, HasSubstr("got 'manhattan'"))));
}

}  // namespace
}  // namespace dmf::eval
