#include "dmf/eval/calibrate.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/core/random.h"

namespace dmf::eval {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::Throws;

// Distances drawn one by one: impostors uniform in [0, 1), right answers nearer.
struct Drawn {
  Labels queries, images;
  std::vector<double> values;
  std::unique_ptr<Distances> distances;
  std::unique_ptr<Answers> answers;
  std::vector<QueryRanking> rankings;

  Drawn(int64_t persons, uint64_t seed, double shift) {
    RandomStream random(seed, "calibrate");
    for (int64_t i = 0; i < persons; ++i) queries.identities.push_back(i);
    for (int64_t i = 0; i < 400; ++i) images.identities.push_back(i % (2 * persons));
    for (int64_t q = 0; q < persons; ++q) {
      for (int64_t g = 0; g < 400; ++g) {
        const bool is_right =
            queries.identities[static_cast<size_t>(q)] == images.identities[static_cast<size_t>(g)];
        values.push_back(is_right ? 0.1 * random.uniform() : std::min(1.0, shift + random.uniform()));
      }
    }
    distances = given_distances(values, persons, 400);
    answers = std::make_unique<Answers>(queries, persons, images, 400);
    rankings = rank_right_answers(*distances, queries, images);
  }
};

TEST(Calibrate, HoldsTheRateAndKnowsHowSureItIs) {
  const Drawn drawn(50, 1, 0);
  const Calibration calibration = calibrate(*drawn.distances, *drawn.answers, drawn.rankings, 0.05);
  EXPECT_NEAR(calibration.threshold, 0.05, 0.005);
  EXPECT_LT(calibration.threshold_interval.low, 0.05);
  EXPECT_GT(calibration.threshold_interval.high, 0.05);
  EXPECT_LT(calibration.threshold_interval.high - calibration.threshold_interval.low, 0.02);
  EXPECT_NEAR(calibration.true_positive_rate, 50, 12);
  EXPECT_EQ(calibration.impostor_pairs + calibration.genuine_pairs, 50 * 400);
  const Transfer same = transfer(*drawn.distances, *drawn.answers, drawn.rankings, calibration.threshold);
  EXPECT_LE(same.far, 0.05);
  EXPECT_GT(same.far, 0.05 - 1e-3);
  EXPECT_EQ(same.true_positive_rate, calibration.true_positive_rate);
}

TEST(Calibrate, TransferCountsWhatTheThresholdAcceptsElsewhere) {
  const Drawn here(50, 1, 0), shifted(50, 2, 0.04);
  const double threshold = calibrate(*here.distances, *here.answers, here.rankings, 0.05).threshold;
  const Transfer there = transfer(*shifted.distances, *shifted.answers, shifted.rankings, threshold);
  int64_t accepted = 0;
  for (size_t i = 0; i < shifted.values.size(); ++i) {
    const bool is_right = shifted.queries.identities[i / 400] == shifted.images.identities[i % 400];
    accepted += !is_right && shifted.values[i] < threshold;
  }
  EXPECT_EQ(there.far, static_cast<double>(accepted) / static_cast<double>(there.impostor_pairs));
  EXPECT_LT(there.far_interval.high, 0.05);  // strangers are farther there: fewer are taken for the same
  EXPECT_LE(there.far_interval.low, there.far);
  EXPECT_GE(there.far_interval.high, there.far);
}

TEST(Calibrate, RefusesARateThatThePairsAreTooFewFor) {
  const Drawn drawn(5, 3, 0);
  EXPECT_THAT(
      [&] { calibrate(*drawn.distances, *drawn.answers, drawn.rankings, 1e-4); },
      Throws<InvalidArgument>(Property(
          &Error::what, HasSubstr("a false-accept rate of 0.0001 needs at least 10000 pairs of different "
                                  "persons, got 1800"))));
  EXPECT_THROW(calibrate(*drawn.distances, *drawn.answers, drawn.rankings, 0), InvalidArgument);
}

}  // namespace
}  // namespace dmf::eval
