#include "dmf/core/random.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

namespace dmf {
namespace {

// SplitMix64 keyed as the class says, computed once by a separate Python program.
TEST(RandomStream, GivesTheSameNumbersOnEveryMachine) {
  RandomStream bits(7, "sampler", {1, 2});
  EXPECT_EQ(bits.bits(), 0x780b000cb8352e03ULL);
  EXPECT_EQ(bits.bits(), 0x13318634a42eefeeULL);
  EXPECT_EQ(bits.bits(), 0xbdf2b81f0e01926aULL);
  RandomStream uniform(7, "sampler", {1, 2});
  EXPECT_DOUBLE_EQ(uniform.uniform(), 0.4689178496411911);
  EXPECT_DOUBLE_EQ(uniform.uniform(), 0.07497442994297965);
}

TEST(RandomStream, DependsOnAllOfItsKeyAndOnNothingElse) {
  std::set<uint64_t> firsts;
  for (const uint64_t seed : {0, 1, 2}) {
    for (const char* purpose : {"", "sampler", "erasing", "samplers"}) {
      firsts.insert(RandomStream(seed, purpose).bits());
      firsts.insert(RandomStream(seed, purpose, {0}).bits());
      firsts.insert(RandomStream(seed, purpose, {0, 1}).bits());
      firsts.insert(RandomStream(seed, purpose, {1, 0}).bits());
    }
  }
  EXPECT_EQ(firsts.size(), 3U * 4U * 4U);

  RandomStream early(3, "a");
  RandomStream(3, "b").bits();
  RandomStream late(3, "a");
  early.bits();
  late.bits();
  EXPECT_EQ(early.bits(), late.bits());
}

TEST(RandomStream, UniformNumbersFillTheirInterval) {
  RandomStream stream(1, "uniform");
  constexpr int kCount = 20'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kCount; ++i) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0.5, 4 * std::sqrt(1.0 / 12 / kCount));
  EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.01);
  for (int i = 0; i < 100; ++i)
    EXPECT_THAT(stream.uniform(-2, 3), testing::AllOf(testing::Ge(-2.0), testing::Lt(3.0)));
}

TEST(RandomStream, StreamsOfNeighbouringPlacesAreIndependent) {
  constexpr uint64_t kCount = 20'000;
  double product = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    product += (RandomStream(1, "a", {i}).uniform() - 0.5) * (RandomStream(1, "a", {i + 1}).uniform() - 0.5);
  }
  EXPECT_NEAR(product / kCount * 12, 0.0, 4 / std::sqrt(kCount));
}

TEST(RandomStream, IntegersAreWithoutBias) {
  RandomStream stream(1, "integer");
  constexpr int kCount = 30'000;
  std::map<int64_t, int> counts;
  for (int i = 0; i < kCount; ++i) ++counts[stream.integer(3)];
  ASSERT_EQ(counts.size(), 3U);
  for (const auto& [value, count] : counts) {
    EXPECT_THAT(value, testing::AllOf(testing::Ge(0), testing::Le(2)));
    EXPECT_NEAR(count, kCount / 3, 4 * std::sqrt(kCount * 2.0 / 9));
  }
  EXPECT_EQ(stream.integer(1), 0);
  // A plain remainder of 64 bits would fall below 2^61 three times in eight here, not one time in three.
  constexpr int64_t kBound = 3LL << 61;
  int low = 0;
  for (int i = 0; i < kCount; ++i) low += stream.integer(kBound) < (1LL << 61) ? 1 : 0;
  EXPECT_NEAR(low, kCount / 3, 4 * std::sqrt(kCount * 2.0 / 9));
}

TEST(RandomStream, ChanceNormalAndBetaHaveTheirMoments) {
  RandomStream stream(1, "moments");
  constexpr int kCount = 20'000;
  int hits = 0;
  double sum = 0, squares = 0, beta = 0, beta_squares = 0;
  for (int i = 0; i < kCount; ++i) {
    hits += stream.chance(0.25) ? 1 : 0;
    const double normal = stream.normal();
    sum += normal;
    squares += normal * normal;
    const double share = stream.beta(0.3);
    ASSERT_GE(share, 0.0);
    ASSERT_LE(share, 1.0);
    beta += share;
    beta_squares += (share - 0.5) * (share - 0.5);
  }
  EXPECT_NEAR(hits, kCount / 4, 4 * std::sqrt(kCount * 0.1875));
  EXPECT_NEAR(sum / kCount, 0.0, 0.03);
  EXPECT_NEAR(squares / kCount, 1.0, 0.05);
  EXPECT_NEAR(beta / kCount, 0.5, 0.015);
  EXPECT_NEAR(beta_squares / kCount, 1.0 / (4 * (2 * 0.3 + 1)), 0.01);
  EXPECT_FALSE(stream.chance(0.0));
  EXPECT_TRUE(stream.chance(1.0));
}

TEST(RandomStream, ShufflesIntoEveryOrder) {
  std::map<std::vector<int>, int> orders;
  for (uint64_t i = 0; i < 6000; ++i) {
    std::vector<int> values = {1, 2, 3};
    RandomStream(1, "shuffle", {i}).shuffle(values);
    ++orders[values];
  }
  ASSERT_EQ(orders.size(), 6U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 120);
}

}  // namespace
}  // namespace dmf
