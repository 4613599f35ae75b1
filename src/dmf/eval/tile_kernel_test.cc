#include "dmf/eval/tile_kernel.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "dmf/eval/aligned.h"
#include "dmf/eval/distance.h"
#include "support/random_values.h"

namespace dmf::eval {
namespace {

// Runs the body with each kernel that this processor can run.
class TileKernelTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (GetParam() >= all_tile_kernels().count) GTEST_SKIP() << "not on this processor";
  }
  const TileKernel& kernel() const { return *all_tile_kernels().kernels[GetParam()]; }
};
INSTANTIATE_TEST_SUITE_P(Processors, TileKernelTest, testing::Values(0, 1, 2));

TEST_P(TileKernelTest, ProductsAreThoseOfTheDefinition) {
  for (const int64_t width : {1, 7, 128, 300}) {
    const int64_t rows = kernel().rows, columns = kernel().columns;
    AlignedFloats a, b, out;
    a.resize(rows * width);
    b.resize(kBlockColumns * width);
    out.resize(rows * kBlockColumns);
    const std::vector<float> x = test::random_values(rows * width, 1),
                             y = test::random_values(kBlockColumns * width, 2),
                             bias = test::random_values(kBlockColumns, 3);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t k = 0; k < width; ++k) a.data()[k * rows + i] = x[static_cast<size_t>(i * width + k)];
    }
    for (int64_t j = 0; j < kBlockColumns; ++j) {
      for (int64_t k = 0; k < width; ++k)
        b.data()[j / columns * columns * width + k * columns + j % columns] =
            y[static_cast<size_t>(j * width + k)];
    }
    kernel().products(a.data(), b.data(), width, bias.data(), out.data());
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < kBlockColumns; ++j) {
        double sum = bias[static_cast<size_t>(j)];
        for (int64_t k = 0; k < width; ++k)
          sum += static_cast<double>(x[static_cast<size_t>(i * width + k)]) *
                 static_cast<double>(y[static_cast<size_t>(j * width + k)]);
        ASSERT_NEAR(out.data()[i * kBlockColumns + j], sum, 1e-4) << width << " " << i << " " << j;
      }
    }
  }
}

TEST_P(TileKernelTest, CountsWhatIsAbove) {
  const std::vector<float> numbers = test::random_values(kBlockColumns, 4);
  const std::vector<float> thresholds{-INFINITY, -1, 0, numbers[17], 1, INFINITY};
  std::vector<int32_t> counts(thresholds.size());
  kernel().count_above(numbers.data(), thresholds.data(), 6, counts.data());
  for (size_t t = 0; t < thresholds.size(); ++t) {
    EXPECT_EQ(counts[t], std::count_if(numbers.begin(), numbers.end(),
                                       [&](float number) { return number > thresholds[t]; }));
  }
  EXPECT_EQ(kernel().largest(numbers.data()), *std::max_element(numbers.begin(), numbers.end()));
  EXPECT_EQ(kernel().smallest(numbers.data()), *std::min_element(numbers.begin(), numbers.end()));
}

TEST_P(TileKernelTest, FindsTheExtremesOfColumns) {
  for (const int64_t rows : {1, 3, 14}) {
    const std::vector<float> tile = test::random_values(rows * kBlockColumns, 9);
    std::vector<float> largest(kBlockColumns), smallest(kBlockColumns);
    kernel().column_extremes(tile.data(), rows, largest.data(), smallest.data());
    for (size_t j = 0; j < kBlockColumns; ++j) {
      float high = -INFINITY, low = INFINITY;
      for (size_t i = 0; i < static_cast<size_t>(rows); ++i) {
        high = std::max(high, tile[i * kBlockColumns + j]);
        low = std::min(low, tile[i * kBlockColumns + j]);
      }
      ASSERT_EQ(largest[j], high) << rows << " " << j;
      ASSERT_EQ(smallest[j], low) << rows << " " << j;
    }
  }
}

// The order of the sums, written out.
double plain_product(const float* a, const float* b, int64_t width) {
  std::vector<double> part(kProductParts);
  for (int64_t k = 0; k < width; ++k)
    part[static_cast<size_t>(k % kProductParts)] += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  for (size_t step = kProductParts / 2; step > 0; step /= 2) {
    for (size_t p = 0; p < step; ++p) part[p] += part[p + step];
  }
  return part[0];
}

TEST_P(TileKernelTest, ExactProductsAreThePlainSumsToTheLastDigit) {
  for (const int64_t width : {1, 31, 32, 33, 100, 769}) {
    const std::vector<float> a = test::random_values(width, 5), b = test::random_values(width, 6);
    EXPECT_EQ(kernel().exact_product(a.data(), b.data(), width), plain_product(a.data(), b.data(), width))
        << width;
  }
}

struct ScreenCase {
  Metric metric;
  double scale;  // of some vectors, against the others
};
class ScreenTest : public testing::TestWithParam<ScreenCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, ScreenTest,
                         testing::Values(ScreenCase{Metric::kCosine, 1}, ScreenCase{Metric::kCosine, 1e-30},
                                         ScreenCase{Metric::kCosine, 1e-42},
                                         ScreenCase{Metric::kSquaredEuclidean, 1},
                                         ScreenCase{Metric::kSquaredEuclidean, 1e15},
                                         ScreenCase{Metric::kSquaredEuclidean, 1e-30}));

TEST_P(ScreenTest, IsNeverFartherFromTheExactNearnessThanItSays) {
  constexpr int64_t kQueries = 33, kImages = 600, kWidth = 150;
  std::vector<float> query = test::random_values(kQueries * kWidth, 7),
                     gallery = test::random_values(kImages * kWidth, 8);
  for (int64_t i = 0; i < 100 * kWidth; ++i)
    gallery[static_cast<size_t>(i)] *= static_cast<float>(GetParam().scale);
  const auto distances =
      vector_distances({query, kQueries, kWidth}, {gallery, kImages, kWidth}, GetParam().metric);
  int64_t seen = 0;
  double largest = 0, bound = 0;
  distances->screen({20, 300, 1}, [&](const ScreenedRow& row) {
    for (int64_t i = 0; i < row.gallery.count(); ++i, ++seen) {
      const double exact = distances->nearness(row.query, distances->pair(row.query, row.gallery.first + i));
      largest = std::max(largest, std::abs(exact - row.nearness[i]) / row.error);
    }
    for (int64_t i = row.gallery.count(); i < kBlockColumns; ++i) EXPECT_EQ(row.nearness[i], -INFINITY);
    if (row.gallery.first > 100) bound = std::max(bound, row.error);
  });
  EXPECT_EQ(seen, kQueries * kImages);
  EXPECT_LE(largest, 1);
  EXPECT_GT(largest, 0);
  EXPECT_LT(bound, 2e-5);  // else hardly anything would be decided in float32
}

TEST(ScreenPairs, MeetsEveryPairOnceAndNoFartherFromItsNearnessThanItSays) {
  constexpr int64_t kImages = 700, kWidth = 40;
  std::vector<float> values = test::random_values(kImages * kWidth, 8);
  for (int64_t i = 0; i < kWidth; ++i) values[static_cast<size_t>(i)] *= 1e-42F;  // cannot be screened
  const VectorView all{values, kImages, kWidth};
  for (const int64_t threads : {1, 3}) {
    const auto distances = vector_distances(all, all, Metric::kCosine);
    std::vector<std::atomic<int>> met(kImages * kImages);
    std::atomic<int> wrong{0};
    ASSERT_TRUE(distances->screen_pairs({20, 300, threads}, [&](const ScreenedTile& tile) {
      for (int64_t q = tile.rows.first; q < tile.rows.last; ++q) {
        for (int64_t g = std::max(q, tile.columns.first); g < tile.columns.last; ++g) {
          ++met[static_cast<size_t>(q * kImages + g)];
          const float nearness =
              tile.nearness[(q - tile.rows.first) * kBlockColumns + g - tile.columns.first];
          wrong += std::abs(distances->nearness(q, distances->pair(q, g)) - nearness) > tile.error;
        }
      }
    }));
    EXPECT_EQ(wrong, 0);
    for (int64_t q = 0; q < kImages; ++q) {
      for (int64_t g = q; g < kImages; ++g)
        ASSERT_EQ(met[static_cast<size_t>(q * kImages + g)], 1) << q << " " << g;
    }
  }
}

TEST(ScreenPairs, NeedsASetAgainstItselfUnderTheCosine) {
  const std::vector<float> values = test::random_values(40, 8), others = values;
  const VectorView all{values, 4, 10};
  const auto never = [](const ScreenedTile&) { FAIL(); };
  EXPECT_FALSE(vector_distances(all, all, Metric::kSquaredEuclidean)->screen_pairs({}, never));
  EXPECT_FALSE(vector_distances(all, {others, 4, 10}, Metric::kCosine)->screen_pairs({}, never));
  EXPECT_FALSE(given_distances(std::vector<double>(16, 1), 4, 4)->screen_pairs({}, never));
}

}  // namespace
}  // namespace dmf::eval
