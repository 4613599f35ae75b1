#include "dmf/eval/distance.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/products.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

std::vector<float> random_values(int64_t count, uint64_t seed) {
  RandomStream random(seed, "values");
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

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
  const std::vector<float> values = random_values(1000, 1);
  const auto distances = vector_distances({values, 10, 100}, {values, 10, 100}, Metric::kSquaredEuclidean);
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(distances->pair(i, i), 0);
}

TEST(Distance, HugeAndTinyNumbersNeitherOverflowNorVanish) {
  EXPECT_EQ(distance({3e38F, 0}, {0, 3e38F}, Metric::kCosine), 1);
  EXPECT_EQ(distance({1e-40F, 0}, {0, 1e-40F}, Metric::kCosine), 1);
}

// The order of the sums, written out: eight parts, then a tree.
double plain_product(const float* a, const float* b, int64_t width) {
  double part[8] = {};
  for (int64_t k = 0; k < width; ++k) part[k % 8] += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

TEST(Products, EqualThePlainSumsToTheLastDigitAtAnyShape) {
  for (const int64_t width : {1, 7, 8, 33}) {
    const std::vector<float> a = random_values(9 * width, 2), b = random_values(11 * width, 3);
    PackedRows rows, columns;
    rows.assign(a.data(), 9, width);
    columns.assign(b.data(), 11, width);
    std::vector<double> out(9 * 11);
    inner_products(rows, columns, out.data());
    for (int64_t i = 0; i < 9; ++i) {
      for (int64_t j = 0; j < 11; ++j) {
        EXPECT_EQ(out[static_cast<size_t>(i * 11 + j)], plain_product(&a[i * width], &b[j * width], width));
      }
    }
  }
}

TEST(Distance, ABlockHoldsThePairs) {
  const std::vector<float> a = random_values(6 * 21, 4), b = random_values(9 * 21, 5);
  const auto distances = vector_distances({a, 6, 21}, {b, 9, 21}, Metric::kCosine);
  std::vector<double> block(2 * 5);
  distances->block({3, 5}, {2, 7}, block);
  for (int64_t q = 3; q < 5; ++q) {
    for (int64_t g = 2; g < 7; ++g)
      EXPECT_EQ(block[static_cast<size_t>((q - 3) * 5 + g - 2)], distances->pair(q, g));
  }
}

TEST(Distance, VectorsThatCannotBeRankedAreNamed) {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> good{1, 2}, bad{1, 1, 0, nan, 0, 0, -infinity, 1, 0, -0.0F};
  const UnrankableVectors found = find_unrankable({bad, 5, 2});
  EXPECT_THAT(found.not_finite, ElementsAre(1, 3));
  EXPECT_THAT(found.zero, ElementsAre(2, 4));
  EXPECT_THAT(
      [&] {
        vector_distances({good, 1, 2}, {bad, 5, 2}, Metric::kCosine);
      },
      Throws<InvalidArgument>(
          Property(&Error::what,
                   HasSubstr("gallery vectors cannot be ranked: expected finite vectors, not all zero, got "
                             "NaN or infinity in 2 (first: row 1), nothing but zeros in 2 (first: row 2), "
                             "of 5"))));
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
  std::vector<double> block(2);
  distances->block({0, 2}, {1, 2}, block);
  EXPECT_THAT(block, ElementsAre(2, 5));
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
