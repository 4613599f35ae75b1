#include "dmf/eval/ranking.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;
using testing::Throws;

// One query of identity 7 on camera 1 against a gallery at the given distances.
QueryRanking rank_one(const std::vector<double>& distances, const Labels& gallery, int64_t camera = 1) {
  const auto count = static_cast<int64_t>(distances.size());
  return rank_right_answers(*given_distances(distances, 1, count), {{7}, {camera}}, gallery).front();
}

TEST(Ranking, CountsTheAnswersBeforeEachRightOne) {
  EXPECT_THAT(rank_one({.1, .5, .2, .4, .3}, {{8, 7, 7, 9, 8}, {1, 2, 2, 2, 2}}).ranks, ElementsAre(2, 5));
}

TEST(Ranking, RemovesTheQuerysIdentityOnItsOwnCameraOnly) {
  // Same identity and camera at 0.1 goes; another identity on the same camera at 0.2 stays.
  EXPECT_THAT(rank_one({.1, .2, .3}, {{7, 8, 7}, {1, 1, 2}}).ranks, ElementsAre(2));
}

TEST(Ranking, IgnoresJunkAndCountsDistractorsAsWrong) {
  EXPECT_THAT(rank_one({.1, .2, .3}, {{-1, 0, 7}, {2, 2, 2}}).ranks, ElementsAre(2));
}

TEST(Ranking, WithoutCamerasRemovesNothing) {
  EXPECT_THAT(rank_one({.1, .2, .3}, {{7, 8, 7}, {}}).ranks, ElementsAre(1, 3));
  EXPECT_THAT(rank_one({.1, .2, .3}, {{7, 8, 7}, {1, 1, 2}}, kUnknownCamera).ranks, ElementsAre(1, 3));
  // Unknown is not a camera that two images share.
  EXPECT_THAT(rank_one({.1, .2, .3}, {{7, 8, 7}, {-1, -1, -1}}, kUnknownCamera).ranks, ElementsAre(1, 3));
}

TEST(Ranking, AtTheSameDistanceTheGallerysOrderDecides) {
  const QueryRanking ranking = rank_one({.5, .5, .5, .5}, {{8, 7, 9, 7}, {2, 2, 2, 2}});
  EXPECT_THAT(ranking.ranks, ElementsAre(2, 4));
  EXPECT_TRUE(ranking.has_tie);
  EXPECT_FALSE(rank_one({.5, .5, .6}, {{7, 7, 8}, {2, 2, 2}}).has_tie);  // between right answers: no matter
}

TEST(Ranking, WithoutARightAnswerIsEmpty) {
  EXPECT_THAT(rank_one({.1, .2}, {{7, 8}, {1, 2}}).ranks, IsEmpty());
}

TEST(Ranking, TellsWhoseCameraTheFirstAnswersAreFrom) {
  // Nearest: the person's own image on the own camera, removed; first that counts: a stranger on camera 2.
  QueryRanking ranking = rank_one({.1, .2, .3}, {{7, 8, 7}, {1, 2, 2}});
  EXPECT_TRUE(ranking.nearest_is_own_camera);
  EXPECT_FALSE(ranking.first_is_own_camera);
  ranking = rank_one({.1, .2, .3}, {{-1, 8, 7}, {2, 1, 2}});
  EXPECT_TRUE(ranking.nearest_is_own_camera);
  EXPECT_TRUE(ranking.first_is_own_camera);
  ranking = rank_one({.1, .2, .05}, {{-1, 8, 7}, {2, 1, 2}});
  EXPECT_FALSE(ranking.nearest_is_own_camera);
  EXPECT_FALSE(ranking.first_is_own_camera);
}

// The rules once more, slow and plain: sort everything, walk down.
std::vector<int64_t> plain_ranks(const Distances& distances, int64_t query, const Labels& queries,
                                 const Labels& gallery) {
  std::vector<int64_t> order(gallery.identities.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return distances.pair(query, a) < distances.pair(query, b); });
  std::vector<int64_t> ranks;
  int64_t place = 0;
  for (int64_t image : order) {
    const auto g = static_cast<size_t>(image), q = static_cast<size_t>(query);
    if (gallery.identities[g] == -1) continue;
    const bool is_right = gallery.identities[g] == queries.identities[q];
    if (is_right && gallery.cameras[g] == queries.cameras[q]) continue;
    ++place;
    if (is_right) ranks.push_back(place);
  }
  return ranks;
}

struct TiedProblem {
  std::vector<float> query, gallery;
  Labels query_labels, gallery_labels;
};

// 60 queries and 300 images of 12 persons, junk and distractors; few whole numbers, so that many are equally
// far.
TiedProblem problem_with_ties(int64_t width, int64_t levels) {
  RandomStream random(5, "ranking");
  const auto vectors = [&](int64_t count) {
    std::vector<float> values;
    for (int64_t i = 0; i < count * width; ++i) {
      values.push_back(i % width == 0 ? 1.0F : static_cast<float>(random.integer(levels)) - 2.0F);
    }
    return values;
  };
  const auto labels = [&](int64_t count, int64_t low) {
    Labels result;
    for (int64_t i = 0; i < count; ++i) {
      result.identities.push_back(low + random.integer(13 - low));
      result.cameras.push_back(1 + random.integer(3));
    }
    return result;
  };
  return {vectors(60), vectors(300), labels(60, 1), labels(300, -1)};
}

TEST(Ranking, EqualsAFullSortTiesIncludedAtAnyBlockAndThreads) {
  const TiedProblem p = problem_with_ties(5, 4);
  for (const Metric metric : {Metric::kCosine, Metric::kSquaredEuclidean}) {
    const auto distances = vector_distances({p.query, 60, 5}, {p.gallery, 300, 5}, metric);
    int64_t ties = 0;
    for (const WorkOptions& options :
         {WorkOptions{}, WorkOptions{1, 1, 1}, WorkOptions{7, 13, 3}, WorkOptions{1000, 1000, 1}}) {
      const auto rankings = rank_right_answers(*distances, p.query_labels, p.gallery_labels, options);
      for (int64_t q = 0; q < 60; ++q) {
        const QueryRanking& ranking = rankings[static_cast<size_t>(q)];
        EXPECT_EQ(ranking.ranks, plain_ranks(*distances, q, p.query_labels, p.gallery_labels))
            << "query " << q;
        ties += ranking.has_tie;
      }
    }
    EXPECT_GT(ties, 100);  // else the test would not test ties
  }
}

// Vectors so near each other that float32 cannot tell which is nearer, and more right answers than are
// compared one by one: the order must still be that of the exact distances.
TEST(Ranking, DecidesExactlyWhatFloat32CannotTell) {
  constexpr int64_t kWidth = 40, kImages = 700;
  RandomStream random(9, "near");
  std::vector<float> query(3 * kWidth), gallery(kImages * kWidth);
  for (float& value : query) value = static_cast<float>(1 + 1e-3 * random.normal());
  for (float& value : gallery) value = static_cast<float>(1 + 1e-4 * random.normal());
  Labels queries{{1, 2, 3}, {1, 1, 1}}, images;
  for (int64_t i = 0; i < kImages; ++i) {
    images.identities.push_back(1 + random.integer(i % 3 == 0 ? 3 : 1));
    images.cameras.push_back(1 + random.integer(3));
  }
  for (const Metric metric : {Metric::kCosine, Metric::kSquaredEuclidean}) {
    const auto distances = vector_distances({query, 3, kWidth}, {gallery, kImages, kWidth}, metric);
    const auto rankings = rank_right_answers(*distances, queries, images);
    EXPECT_GT(rankings[0].ranks.size(), 200);
    for (int64_t q = 0; q < 3; ++q)
      EXPECT_EQ(rankings[static_cast<size_t>(q)].ranks, plain_ranks(*distances, q, queries, images));
  }
}

TEST(Ranking, AllDistancesEqualIsTheGallerysOrder) {
  const std::vector<float> query(8, 1.0F), gallery(8 * 500, 0.7F);
  Labels images;
  for (int64_t i = 0; i < 500; ++i) {
    images.identities.push_back(i % 5);
    images.cameras.push_back(2);
  }
  const auto distances = vector_distances({query, 1, 8}, {gallery, 500, 8}, Metric::kCosine);
  const QueryRanking ranking = rank_right_answers(*distances, {{3}, {1}}, images).front();
  EXPECT_EQ(ranking.ranks.size(), 100);
  EXPECT_EQ(ranking.ranks[7], 39);  // image 38: the eighth of its identity
  EXPECT_TRUE(ranking.has_tie);
  EXPECT_EQ(ranking.nearest_wrong.image, 0);
}

TEST(Ranking, IdentitiesMayBeAnySixtyFourBits) {
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max(),
                    kLowest = std::numeric_limits<int64_t>::min();
  const auto distances = given_distances({.1, .2, .3, .4}, 1, 4);
  const Labels gallery{{kLowest, kHuge, kHuge - 1, kHuge}, {2, 2, 2, 2}};
  EXPECT_THAT(rank_right_answers(*distances, {{kHuge}, {1}}, gallery).front().ranks, ElementsAre(2, 4));
}

TEST(Ranking, RefusesLabelsThatDoNotFit) {
  const auto distances = given_distances({.1, .2}, 1, 2);
  const Labels good{{7, 8}, {1, 2}};
  EXPECT_THAT(
      [&] {
        rank_right_answers(*distances, {{7}, {}}, {{7}, {}});
      },
      Throws<InvalidArgument>(Property(
          &Error::what, HasSubstr("gallery labels: expected an identity for each of 2 images, got 1"))));
  EXPECT_THAT(
      [&] {
        rank_right_answers(*distances, {{7}, {1}}, {{7, 8}, {1}});
      },
      Throws<InvalidArgument>(
          Property(&Error::what, HasSubstr("expected a camera for each of 2 images or none"))));
  EXPECT_THAT(
      [&] {
        rank_right_answers(*distances, {{-1}, {1}}, good);
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("query 0 is junk"))));
  EXPECT_THAT(
      [&] {
        rank_right_answers(*distances, {{7}, {1}}, good, {0, 1, 1});
      },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("blocks must be positive"))));
}

// Distances that fail in the middle of the work.
class BrokenDistances : public Distances {
 public:
  int64_t query_count() const override { return 8; }
  int64_t gallery_count() const override { return 8; }
  double pair(int64_t, int64_t) const override { return 0; }
  void screen(const WorkOptions& work, const ScreenVisitor&) const override {
    run_in_parallel(8, work.query_block, work.threads, [](Rows queries, int64_t) {
      if (queries.first >= 4) throw DataError("block cannot be read");
    });
  }
  double nearness(int64_t, double) const override { return 0; }
  double distance(int64_t, double) const override { return 0; }
  std::pair<double, double> range() const override { return {0, 1}; }
};

TEST(Ranking, AThreadsErrorReachesTheCaller) {
  const Labels labels{std::vector<int64_t>(8, 7), {}};
  EXPECT_THROW(rank_right_answers(BrokenDistances{}, labels, labels, {1, 8, 3}), DataError);
}

}  // namespace
}  // namespace dmf::eval
