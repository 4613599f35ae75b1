#include "dmf/eval/statistics.h"

#include <gmock/gmock.h>

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/eval/breakdown.h"

namespace dmf::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Property;
using testing::Throws;

QueryResult query(int64_t identity, double average_precision, int64_t first_hit_rank = 2) {
  QueryResult result;
  result.identity = identity;
  result.camera = 1 + identity % 2;
  result.average_precision = average_precision;
  result.first_hit_rank = first_hit_rank;
  result.right_answers = 1;
  return result;
}

// 200 persons with a query or two, their precision drawn about `level`; persons are hard or easy as a whole.
std::vector<QueryResult> queries(double level, uint64_t noise) {
  RandomStream persons(1, "persons"), own(noise, "queries");
  std::vector<QueryResult> all;
  for (int64_t i = 0; i < 200; ++i) {
    const double person = 0.2 * persons.normal();
    for (int64_t k = 0; k < 1 + i % 2; ++k)
      all.push_back(query(i, level + person + 0.05 * own.normal(), own.chance(level) ? 1 : 3));
  }
  return all;
}

TEST(Bootstrap, CoversTheMeanAsOftenAsItSays) {
  int64_t covered = 0;
  for (uint64_t trial = 0; trial < 200; ++trial) {
    RandomStream random(trial, "trial");
    std::vector<QueryFigure> figures;
    for (int64_t person = 0; person < 60; ++person) {
      const double common = random.normal();
      for (int64_t k = 0; k < 5; ++k) figures.push_back({person, common + 0.1 * random.normal()});
    }
    const Interval interval = bootstrap_mean(figures, {.resamples = 400, .seed = trial, .confidence = 0.9});
    covered += interval.low <= 0 && 0 <= interval.high;
  }
  EXPECT_NEAR(static_cast<double>(covered) / 200, 0.9, 0.07);  // drawing query by query covers half as often
}

TEST(Bootstrap, OfOnePersonIsNoInterval) {
  const Interval interval = bootstrap_mean({{7, 1}, {7, 2}});
  EXPECT_EQ(interval.low, 1.5);
  EXPECT_EQ(interval.high, 1.5);
}

TEST(Bootstrap, DependsOnTheSeedAlone) {
  EvalResult result;
  result.by_query = queries(0.5, 2);
  const EvalIntervals first = intervals(result), again = intervals(result);
  EXPECT_EQ(first.map.low, again.map.low);
  EXPECT_EQ(first.identities, 200);
  EXPECT_LT(first.map.low, 50);
  EXPECT_GT(first.map.high, 50);
  EXPECT_NE(intervals(result, {.seed = 5}).map.low, first.map.low);
}

TEST(Bootstrap, RefusesNothing) {
  EXPECT_THROW(bootstrap_mean({}), InvalidArgument);
  EXPECT_THROW(bootstrap_mean({{1, 1}}, {.resamples = 0}), InvalidArgument);
  EXPECT_THROW(bootstrap_mean({{1, 1}}, {.confidence = 1}), InvalidArgument);
}

TEST(Compare, FindsADifference) {
  const std::vector<QueryResult> good = queries(0.55, 3), bad = queries(0.5, 4);
  const Comparison comparison = compare(good, bad);
  EXPECT_NEAR(comparison.map_difference, 5, 1);
  EXPECT_GT(comparison.map_interval.low, 0);
  EXPECT_LT(comparison.map_p, 0.001);
  EXPECT_EQ(comparison.better + comparison.worse + comparison.equal, 300);
  EXPECT_EQ(comparison.identities, 200);
  EXPECT_THAT(verdict(comparison, "A", "B", 0.95), HasSubstr("A is better than B by"));
  EXPECT_THAT(verdict(compare(bad, good), "A", "B", 0.95), HasSubstr("B is better than A by"));
}

TEST(Compare, SeldomFindsADifferenceThatIsNotThere) {
  int64_t found = 0;
  for (uint64_t trial = 0; trial < 100; ++trial)
    found += compare(queries(0.5, 100 + trial), queries(0.5, 300 + trial), {.resamples = 200}).map_p < 0.05;
  EXPECT_LE(found, 12);
  const std::vector<QueryResult> same = queries(0.5, 5);
  EXPECT_EQ(compare(same, same).map_p, 1);
  EXPECT_THAT(verdict(compare(same, same), "A", "B", 0.95),
              HasSubstr("no difference between A and B is shown: mAP of the first higher by 0.00"));
}

TEST(Compare, RefusesOtherQueries) {
  const std::vector<QueryResult> one{query(1, 0.5), query(2, 0.5)};
  std::vector<QueryResult> two = one;
  two[1].identity = 3;
  EXPECT_THAT(
      [&] { compare(one, two); },
      Throws<InvalidArgument>(Property(&Error::what, HasSubstr("query 1 is not the same: identity 2"))));
  two.pop_back();
  EXPECT_THAT([&] { compare(one, two); },
              Throws<InvalidArgument>(Property(&Error::what, HasSubstr("not of the same queries: 2 and 1"))));
}

TEST(Breakdown, PartsQueriesByTheirWord) {
  EvalResult result;
  result.by_query = {query(1, 0.5, 1), query(2, 1, 1), query(3, 0.25, 4), query(4, 0)};
  result.by_query[3].right_answers = 0;
  const std::vector<Part> parts = parts_by_word(result, {"rain", "sun", "rain", ""});
  ASSERT_EQ(parts.size(), 3);
  EXPECT_EQ(parts[0].name, "(not known)");
  EXPECT_EQ(parts[0].queries_without_match, 1);
  EXPECT_EQ(parts[0].map, 0);
  EXPECT_EQ(parts[1].name, "rain");
  EXPECT_EQ(parts[1].map, 37.5);
  EXPECT_EQ(parts[1].rank1, 50);
  EXPECT_EQ(parts[2].queries, 1);
  EXPECT_EQ(parts_by_camera(result)[1].queries, 2);
  EXPECT_THROW(parts_by_word(result, {"rain"}), InvalidArgument);
}

TEST(Breakdown, TheHardestQueriesComeFirst) {
  EvalResult result;
  result.by_query = {query(1, 0.5), query(2, 0.25, 2), query(3, 0.25, 4), query(4, 0)};
  result.by_query[3].right_answers = 0;
  EXPECT_THAT(hardest_queries(result, 2), ElementsAre(2, 1));
  EXPECT_THAT(hardest_queries(result, 9), ElementsAre(2, 1, 0));
}

TEST(Breakdown, ByCameraPairIsTheTestOnThatCamerasImages) {
  RandomStream random(6, "pairs");
  std::vector<float> query_values(20 * 8), gallery_values(90 * 8);
  for (float& value : query_values) value = static_cast<float>(random.normal());
  for (float& value : gallery_values) value = static_cast<float>(random.normal());
  Labels query_labels, gallery_labels;
  for (int64_t i = 0; i < 20; ++i) {
    query_labels.identities.push_back(1 + random.integer(6));
    query_labels.cameras.push_back(1 + i % 3);
  }
  for (int64_t i = 0; i < 90; ++i) {
    gallery_labels.identities.push_back(1 + random.integer(6));
    gallery_labels.cameras.push_back(1 + i % 3);
  }
  const LabelledVectors query{{query_values, 20, 8}, query_labels},
      gallery{{gallery_values, 90, 8}, gallery_labels};
  const std::vector<CameraPair> pairs = by_camera_pair(query, gallery);
  ASSERT_EQ(pairs.size(), 6);
  EXPECT_EQ(pairs[0].part.name, "1 -> 2");
  EXPECT_EQ(pairs[0].part.queries, 7);
  // Images of other cameras as junk: the same test, made in another way.
  Labels masked = gallery_labels;
  for (size_t i = 0; i < 90; ++i) {
    if (masked.cameras[i] != 2) masked.identities[i] = kJunk;
  }
  const EvalResult expected = evaluate(query, {gallery.vectors, masked});
  EXPECT_DOUBLE_EQ(pairs[0].part.map, parts_by_camera(expected)[0].map);
  EXPECT_THROW(by_camera_pair({query.vectors, {query_labels.identities, {}}}, gallery), InvalidArgument);
}

}  // namespace
}  // namespace dmf::eval
