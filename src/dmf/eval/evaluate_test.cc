#include "dmf/eval/evaluate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "dmf/eval/metrics.h"
#include "dmf/eval/vector_file.h"
#include "support/development_data.h"

namespace dmf::eval {
namespace {

using testing::HasSubstr;
using testing::Property;
using testing::Throws;

TEST(Metrics, AveragePrecisionOfKnownRankings) {
  EXPECT_EQ(average_precision({1}), 1);
  EXPECT_EQ(average_precision({4}), 0.25);
  EXPECT_EQ(average_precision({1, 2, 3}), 1);
  EXPECT_EQ(average_precision({1, 4}), 0.75);  // (1/1 + 2/4) / 2
  EXPECT_DOUBLE_EQ(average_precision({1, 3, 6}), (1 + 2 / 3. + 3 / 6.) / 3);
}

TEST(Metrics, InverseNegativePenaltyOfKnownRankings) {
  EXPECT_EQ(inverse_negative_penalty({1, 2, 3}), 1);
  EXPECT_EQ(inverse_negative_penalty({1, 4}), 0.5);
}

// Three queries, six images, every rule of the protocol once:
//   gallery     g0      g1      g2      g3      g4      g5
//   identity    1       2       2       -1      0       1
//   camera      2       1       2       1       2       1
//   q0 (1, c1)  .4      .1      .5      .05     .2      .0     g5 removed, g3 junk: g1 g4 g0 g2 → rank 3
//   q1 (2, c1)  .3      .1      .2      .0      .4      .5     g1 removed, g3 junk: g2 g0 g4 g5 → rank 1
//   q2 (3, c1)  no image of identity 3: left out
class WorkedExample : public testing::Test {
 protected:
  const Labels query_{{1, 2, 3}, {1, 1, 1}};
  const Labels gallery_{{1, 2, 2, -1, 0, 1}, {2, 1, 2, 1, 2, 1}};
  const std::unique_ptr<Distances> distances_ =
      given_distances({.4, .1, .5, .05, .2, .0, .3, .1, .2, .0, .4, .5, .1, .2, .3, .4, .5, .6}, 3, 6);
};

TEST_F(WorkedExample, GivesTheFiguresWorkedOutByHand) {
  const EvalResult result = evaluate(*distances_, query_, gallery_);
  EXPECT_DOUBLE_EQ(result.map, 100 * (1 / 3. + 1) / 2);
  EXPECT_DOUBLE_EQ(result.minp, 100 * (1 / 3. + 1) / 2);
  EXPECT_EQ(result.rank1, 50);
  EXPECT_EQ(result.rank5, 100);
  EXPECT_EQ(result.rank10, 100);
  EXPECT_EQ(result.queries, 3);
  EXPECT_EQ(result.queries_without_match, 1);
  EXPECT_EQ(result.queries_with_ties, 0);
  EXPECT_EQ(result.gallery, 6);
  EXPECT_EQ(result.gallery_junk, 1);
  EXPECT_EQ(result.nearest_from_own_camera, 100);  // g5 and g1, both removed before ranking
  EXPECT_EQ(result.first_from_own_camera, 50);     // g1 for q0
  EXPECT_EQ(result.by_query[0].first_hit_rank, 3);
  EXPECT_EQ(result.by_query[1].average_precision, 1);
  EXPECT_EQ(result.by_query[2].right_answers, 0);
  EXPECT_EQ(
      result.protocol,
      "Market rules: same identity and camera removed, junk ignored; cosine distance, ties in gallery order");
}

TEST_F(WorkedExample, WithoutCamerasTheRuleIsOffAndTheProtocolSaysSo) {
  const EvalResult result = evaluate(*distances_, {query_.identities, {}}, gallery_);
  // q0: g5 g1 g4 g0 g2 → ranks 1, 4; q1: g1 g2 g0 g4 g5 → ranks 1, 2.
  EXPECT_DOUBLE_EQ(result.map, 100 * (0.75 + 1) / 2);
  EXPECT_DOUBLE_EQ(result.minp, 100 * (0.5 + 1) / 2);
  EXPECT_LT(result.nearest_from_own_camera, 0);
  EXPECT_THAT(result.protocol, HasSubstr("no cameras known, so the same-camera rule is off"));
  ProtocolOptions off;
  off.same_camera_removed = false;
  EXPECT_EQ(evaluate(*distances_, query_, gallery_, off).map, result.map);
  EXPECT_THAT(evaluate(*distances_, query_, gallery_, off).protocol, HasSubstr("same-camera rule off"));
}

TEST_F(WorkedExample, CamerasKnownInPartAreCounted) {
  Labels gallery = gallery_;
  gallery.cameras[5] = kUnknownCamera;
  const EvalResult result = evaluate(*distances_, query_, gallery);
  EXPECT_EQ(result.by_query[0].right_answers, 2);  // g5 is no longer known to be from the query's camera
  EXPECT_THAT(result.protocol, HasSubstr("camera known for 3 of 3 queries, 5 of 6 gallery images"));
}

TEST_F(WorkedExample, WithoutAnyRightAnswerIsAnError) {
  EXPECT_THAT(
      [&] {
        evaluate(*distances_, {{9, 9, 9}, {1, 1, 1}}, gallery_);
      },
      Throws<InvalidArgument>(Property(
          &Error::what, HasSubstr("none of the 3 queries has a right answer in the gallery of 6 images"))));
}

// Vectors with their memory.
struct Set {
  std::vector<float> values;
  Labels labels;
  int64_t width;
  LabelledVectors all() const { return {{values, labels.count(), width}, labels}; }
};

Set random_set(int64_t count, int64_t low, uint64_t seed) {
  constexpr int64_t kWidth = 24;
  RandomStream random(seed, "evaluate");
  Set set{{}, {}, kWidth};
  for (int64_t i = 0; i < count; ++i) {
    set.labels.identities.push_back(low + random.integer(21 - low));
    set.labels.cameras.push_back(1 + random.integer(4));
    for (int64_t k = 0; k < kWidth; ++k) set.values.push_back(static_cast<float>(random.normal()));
  }
  return set;
}

struct RandomSets {
  Set query = random_set(50, 1, 1), gallery = random_set(400, -1, 2);
};

EvalResult evaluate(const RandomSets& p, const ProtocolOptions& protocol = {}, const WorkOptions& work = {}) {
  return evaluate(p.query.all(), p.gallery.all(), protocol, work);
}

TEST(Evaluate, DoesNotDependOnTheGallerysOrder) {
  const RandomSets p;
  const EvalResult expected = evaluate(p);
  std::vector<int64_t> order(400);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  RandomStream(3, "order").shuffle(order);
  RandomSets shuffled{p.query, {{}, {}, 24}};
  for (int64_t i : order) {
    const auto image = static_cast<size_t>(i);
    shuffled.gallery.values.insert(shuffled.gallery.values.end(), p.gallery.values.begin() + i * 24,
                                   p.gallery.values.begin() + (i + 1) * 24);
    shuffled.gallery.labels.identities.push_back(p.gallery.labels.identities[image]);
    shuffled.gallery.labels.cameras.push_back(p.gallery.labels.cameras[image]);
  }
  const EvalResult result = evaluate(shuffled);
  EXPECT_EQ(result.map, expected.map);
  EXPECT_EQ(result.cmc, expected.cmc);
  EXPECT_EQ(result.minp, expected.minp);
  EXPECT_EQ(result.nearest_from_own_camera, expected.nearest_from_own_camera);
}

TEST(Evaluate, DoesNotDependOnBlocksAndThreads) {
  const RandomSets p;
  const EvalResult expected = evaluate(p);
  for (const WorkOptions& work : {WorkOptions{3, 17, 1}, WorkOptions{64, 300, 4}}) {
    const EvalResult result = evaluate(p, {}, work);
    EXPECT_EQ(result.map, expected.map);
    EXPECT_EQ(result.first_from_own_camera, expected.first_from_own_camera);
  }
}

TEST(Evaluate, CosineDoesNotDependOnTheVectorsLengths) {
  const RandomSets p;
  RandomSets scaled = p;
  RandomStream random(4, "length");
  for (int64_t i = 0; i < 400; ++i) {
    const auto factor = static_cast<float>(std::exp2(static_cast<double>(random.integer(7) - 3)));
    for (int64_t k = 0; k < 24; ++k) scaled.gallery.values[static_cast<size_t>(i * 24 + k)] *= factor;
  }
  EXPECT_EQ(evaluate(scaled).map, evaluate(p).map);
  EXPECT_NE(evaluate(scaled, {"euclidean"}).map, evaluate(p, {"euclidean"}).map);
}

TEST(Evaluate, ZeroIsADistractorUnlessAQueryAsksForIt) {
  RandomSets p;
  EXPECT_GT(evaluate(p).gallery_distractors, 0);
  p.query.labels.identities[5] = 0;
  const EvalResult result = evaluate(p);
  EXPECT_EQ(result.gallery_distractors, 0);
  EXPECT_GT(result.by_query[5].right_answers, 0);
}

TEST(Evaluate, RefusesWhatDoesNotFit) {
  const RandomSets good;
  RandomSets p = good;
  const auto refused = [&](const std::string& why) {
    EXPECT_THAT([&] { evaluate(p); }, Throws<InvalidArgument>(Property(&Error::what, HasSubstr(why))));
  };
  p.query.values[7 * 24 + 3] = std::numeric_limits<float>::infinity();
  refused(
      "query vectors cannot be ranked: expected finite vectors, not all zero, got NaN or infinity in 1 "
      "(first: row 7)");
  p = good;
  p.query.values.pop_back();
  refused("query vectors: expected 50 x 24 numbers, got 1199");
  p = good;
  p.query.labels.identities.pop_back();
  p.query.labels.cameras.pop_back();
  refused("query vectors: expected 49 x 24 numbers");
  p = good;
  p.query.width = 12;
  p.query.values.resize(50 * 12);
  refused("query has 12, gallery has 24");
  p = good;
  p.gallery = {{}, {}, 24};
  refused("the gallery is empty");
  p = good;
  p.query = {{}, {}, 24};
  refused("there is no query");
}

TEST(Evaluate, OneCameraOnlyIsExplained) {
  RandomSets p;
  for (Set* set : {&p.query, &p.gallery}) {
    for (int64_t& camera : set->labels.cameras) camera = 6;
  }
  EXPECT_THAT([&] { evaluate(p); },
              Throws<InvalidArgument>(Property(
                  &Error::what, HasSubstr("hint: all images are from camera 6, and images of the query's "
                                          "identity and camera are removed; --keep-same-camera"))));
  ProtocolOptions keep;
  keep.same_camera_removed = false;
  EXPECT_GT(evaluate(p, keep).map, 0);
}

TEST(Evaluate, OneImageAnIdentityHasRankOneOrNone) {
  RandomSets p;
  for (int64_t i = 0; i < 400; ++i) p.gallery.labels.identities[static_cast<size_t>(i)] = i;
  const EvalResult result = evaluate(p);
  for (const QueryResult& query : result.by_query) {
    EXPECT_LE(query.right_answers, 1);
    if (query.has_match()) {
      EXPECT_DOUBLE_EQ(query.average_precision * static_cast<double>(query.first_hit_rank), 1);
    }
  }
}

// Figures of tools/make_eval_golden.py, a plain numpy implementation.
class EvaluateGolden : public testing::TestWithParam<const char*> {};

TEST_P(EvaluateGolden, EqualsNumpy) {
  const auto folder = test::golden() / "eval" / GetParam();
  const nlohmann::json golden = nlohmann::json::parse(read_text(folder / "expected.json"));
  const VectorSet query_vectors = read_npy_vectors(folder / "query.npy"),
                  gallery_vectors = read_npy_vectors(folder / "gallery.npy");
  const auto labels = [&](const std::string& name) {
    return Labels{golden[name + "_identities"], golden[name + "_cameras"]};
  };
  ProtocolOptions protocol;
  protocol.metric = golden["metric"];
  const EvalResult result = evaluate({query_vectors.view(), labels("query")},
                                     {gallery_vectors.view(), labels("gallery")}, protocol);
  const nlohmann::json& expected = golden["expected"];
  EXPECT_DOUBLE_EQ(result.map, expected["map"]);
  EXPECT_DOUBLE_EQ(result.minp, expected["minp"]);
  EXPECT_DOUBLE_EQ(result.rank1, expected["rank1"]);
  EXPECT_DOUBLE_EQ(result.rank5, expected["rank5"]);
  EXPECT_DOUBLE_EQ(result.rank10, expected["rank10"]);
  EXPECT_DOUBLE_EQ(result.rank20, expected["rank20"]);
  EXPECT_EQ(result.queries_without_match, expected["queries_without_match"]);
  EXPECT_EQ(result.gallery, expected["gallery"]);
  ASSERT_EQ(result.by_query.size(), expected["by_query"].size());
  for (size_t q = 0; q < result.by_query.size(); ++q) {
    const nlohmann::json& query = expected["by_query"][q];
    EXPECT_DOUBLE_EQ(result.by_query[q].average_precision, query["average_precision"]) << "query " << q;
    EXPECT_EQ(result.by_query[q].first_hit_rank, query["first_hit_rank"]) << "query " << q;
    EXPECT_EQ(result.by_query[q].right_answers, query["right_answers"]) << "query " << q;
  }
  EXPECT_EQ(result.queries_with_ties > 10, GetParam() == std::string("ties"));
}

INSTANTIATE_TEST_SUITE_P(Cases, EvaluateGolden, testing::Values("cosine", "euclidean", "no_cameras", "ties"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace dmf::eval
