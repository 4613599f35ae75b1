#include "dmf/eval/open_set.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/impostors.h"
#include "dmf/eval/single_shot.h"

namespace dmf::eval {
namespace {

using testing::DoubleEq;
using testing::Each;
using testing::HasSubstr;
using testing::Property;
using testing::SizeIs;
using testing::Throws;

struct Problem {
  std::vector<float> query, gallery;
  Labels queries, images;
  int64_t width;

  std::unique_ptr<Distances> distances(Metric metric) const {
    return vector_distances({query, queries.count(), width}, {gallery, images.count(), width}, metric);
  }
};

// Persons on a lattice: many distances are equal.
Problem problem(int64_t queries, int64_t images, int64_t persons, double step) {
  constexpr int64_t kWidth = 12;
  RandomStream random(3, "open set");
  std::vector<float> centres(static_cast<size_t>(persons * kWidth));
  for (float& value : centres) value = static_cast<float>(random.normal());
  Problem p{{}, {}, {}, {}, kWidth};
  const auto fill = [&](int64_t count, int64_t low, std::vector<float>& values, Labels& labels) {
    for (int64_t i = 0; i < count; ++i) {
      labels.identities.push_back(low + random.integer(persons - low));
      labels.cameras.push_back(1 + random.integer(3));
      const int64_t person = std::max<int64_t>(labels.identities.back(), 0);
      for (int64_t k = 0; k < kWidth; ++k) {
        const double value = centres[static_cast<size_t>(person * kWidth + k)] + 0.7 * random.normal();
        values.push_back(static_cast<float>(step > 0 ? step * std::round(value / step) : value));
      }
      values.back() += 4;
    }
  };
  fill(queries, 1, p.query, p.queries);
  fill(images, -1, p.gallery, p.images);
  return p;
}

// All distances of one kind, by the rules written out, sorted.
std::vector<double> plain_distances(const Problem& p, const Distances& distances, bool genuine) {
  std::vector<double> all;
  for (int64_t q = 0; q < p.queries.count(); ++q) {
    for (int64_t g = 0; g < p.images.count(); ++g) {
      const auto i = static_cast<size_t>(q), j = static_cast<size_t>(g);
      if (p.images.identities[j] == kJunk) continue;
      const bool is_own = p.images.identities[j] == p.queries.identities[i];
      if (is_own && p.images.cameras[j] == p.queries.cameras[i]) continue;
      if (is_own == genuine) all.push_back(distances.pair(q, g));
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

struct OpenSetCase {
  Metric metric;
  double step;
};
class OpenSetTest : public testing::TestWithParam<OpenSetCase> {};
INSTANTIATE_TEST_SUITE_P(Cases, OpenSetTest,
                         testing::Values(OpenSetCase{Metric::kCosine, 0}, OpenSetCase{Metric::kCosine, 1},
                                         OpenSetCase{Metric::kSquaredEuclidean, 0},
                                         OpenSetCase{Metric::kSquaredEuclidean, 1}));

TEST_P(OpenSetTest, EqualsSortingAllPairs) {
  const Problem p = problem(40, 700, 12, GetParam().step);
  const auto distances = p.distances(GetParam().metric);
  const Answers answers(p.queries, 40, p.images, 700);
  const WorkOptions work{7, 300, 3};
  const OpenSetResult result =
      open_set(*distances, answers, rank_right_answers(*distances, p.queries, p.images, work), work);
  const std::vector<double> genuine = plain_distances(p, *distances, true),
                            impostors = plain_distances(p, *distances, false);
  EXPECT_EQ(result.genuine_pairs, genuine.size());
  EXPECT_EQ(result.impostor_pairs, impostors.size());
  ASSERT_GT(result.roc.size(), 10);
  EXPECT_EQ(result.roc.back().far, 0.5);
  const auto nearer = [](const std::vector<double>& all, double distance) {
    return static_cast<double>(std::lower_bound(all.begin(), all.end(), distance) - all.begin()) /
           static_cast<double>(all.size());
  };
  for (const OperatingPoint& point : result.roc) {
    EXPECT_LE(nearer(impostors, point.threshold), point.far);
    EXPECT_GT(nearer(impostors, std::nextafter(point.threshold, 1e9)), point.far);
    EXPECT_DOUBLE_EQ(point.rate, 100 * nearer(genuine, point.threshold));
  }
  // The errors meet where accepts overtake rejects, walking up all distances.
  std::vector<double> all = genuine;
  all.insert(all.end(), impostors.begin(), impostors.end());
  std::sort(all.begin(), all.end());
  for (const double distance : all) {
    const double behind = std::nextafter(distance, 1e9);
    const double accepts = nearer(impostors, behind), rejects = 1 - nearer(genuine, behind);
    if (accepts < rejects) continue;
    EXPECT_EQ(result.eer_threshold, distance);
    EXPECT_DOUBLE_EQ(result.eer, 100 * (accepts + rejects) / 2);
    break;
  }
}

TEST(OpenSet, DirCountsRightFirstAnswersThatAreNearEnough) {
  // Mated: q0 right at .1 before .3, q1 right at .5 behind .4, q2 right at .2 before .6; q3's person is not
  // there.
  const auto distances =
      given_distances({.1, .3, .7, .8, .4, .5, .9, .9, .6, .7, .2, .8, .25, .9, .9, .9}, 4, 4);
  const Labels queries{{1, 2, 3, 4}, {}}, images{{1, 2, 3, 0}, {}};
  const Answers answers(queries, 4, images, 4);
  const OpenSetResult result = open_set(*distances, answers, rank_right_answers(*distances, queries, images));
  EXPECT_EQ(result.nonmated_searches, 1);
  EXPECT_EQ(result.nonmated, "queries without a right answer");
  ASSERT_THAT(result.dir, SizeIs(1));  // of one search less than all cannot be accepted
  EXPECT_DOUBLE_EQ(result.dir[0].rate, 200. / 3);
  // Without it each query is also searched for without its own images: wrong answers at .3, .4 and .6.
  const Labels three{{1, 2, 3}, {}};
  const auto fewer = given_distances({.1, .3, .7, .8, .4, .5, .9, .9, .6, .7, .2, .8}, 3, 4);
  const Answers all_mated(three, 3, images, 4);
  const OpenSetResult leave_out = open_set(*fewer, all_mated, rank_right_answers(*fewer, three, images));
  EXPECT_EQ(leave_out.nonmated_searches, 3);
  ASSERT_THAT(leave_out.dir, SizeIs(2));  // FAR .5: one of three; FAR 1: all
  EXPECT_EQ(leave_out.dir[0].threshold, .4);
  EXPECT_DOUBLE_EQ(leave_out.dir[0].rate, 200. / 3);
}

TEST(OpenSet, AllDistancesEqualAcceptsAllOrNobody) {
  const auto distances = given_distances(std::vector<double>(3 * 300, 0.25), 3, 300);
  Labels queries{{1, 2, 3}, {}}, images;
  for (int64_t i = 0; i < 300; ++i) images.identities.push_back(i % 5);
  const Answers answers(queries, 3, images, 300);
  const OpenSetResult result = open_set(*distances, answers, rank_right_answers(*distances, queries, images));
  for (const OperatingPoint& point : result.roc) EXPECT_EQ(point.rate, 0);
  EXPECT_EQ(result.eer, 50);
}

TEST(OpenSet, NeedsBothKindsOfAnswers) {
  const auto distances = given_distances({.1, .2}, 1, 2);
  const Labels query{{1}, {}}, images{{1, 1}, {}};
  const Answers answers(query, 1, images, 2);
  EXPECT_THAT([&] { open_set(*distances, answers, rank_right_answers(*distances, query, images)); },
              Throws<InvalidArgument>(
                  Property(&Error::what, HasSubstr("needs right and wrong answers, got 2 and 0"))));
}

TEST(Impostors, AWholeNumberIsNotMissedByRounding) {
  EXPECT_EQ(accepted_at(0.1, 30), 3);  // .1 * 30 = 3.0000000000000004, .29 * 100 = 28.999999999999996
  EXPECT_EQ(accepted_at(0.29, 100), 29);
  EXPECT_EQ(accepted_at(1e-4, 9999), 0);
}

TEST(SingleShot, WithOneImageOfEachIdentityNothingIsDrawn) {
  // Right answers at rank 2, 1, and for the third query none but its own camera's.
  const auto distances = given_distances({.3, .2, .4, .2, .1, .5, .1, .2, .3}, 3, 3);
  const Labels queries{{1, 2, 3}, {1, 1, 1}}, images{{1, 2, 3}, {2, 2, 1}};
  const Answers answers(queries, 3, images, 3);
  const SingleShotResult result = single_gallery_shot(*distances, answers, {.repetitions = 4});
  EXPECT_EQ(result.queries, 2);
  EXPECT_EQ(result.cmc[0], 50);
  EXPECT_EQ(result.cmc[1], 100);
  EXPECT_THAT(result.rank1_each, testing::AllOf(SizeIs(4), Each(DoubleEq(50))));
}

TEST(SingleShot, DrawsEachImageEquallyOften) {
  // One wrong identity with images at .1 (once) and .9 (three times); the right one at .5: right in 3 of 4
  // draws.
  const auto distances = given_distances({.5, .1, .9, .9, .9}, 1, 5);
  const Labels query{{1}, {}}, images{{1, 2, 2, 2, 2}, {}};
  const Answers answers(query, 1, images, 5);
  const SingleShotResult result = single_gallery_shot(*distances, answers, {.repetitions = 20000});
  EXPECT_NEAR(result.cmc[0], 75, 1);
  EXPECT_NE(single_gallery_shot(*distances, answers, {20000, 1}).cmc[0], result.cmc[0]);
  EXPECT_EQ(single_gallery_shot(*distances, answers, {20000, 0}, {1, 1, 3}).cmc[0], result.cmc[0]);
}

}  // namespace
}  // namespace dmf::eval
