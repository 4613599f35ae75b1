#include "dmf/search/exact.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/search/testing_gallery.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::search {
namespace {

using namespace testing_gallery;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Vectors of the plane, by their angle in degrees.
std::vector<float> at_angles(const std::vector<double>& angles) {
  std::vector<float> values;
  for (const double angle : angles) {
    values.push_back(static_cast<float>(std::cos(angle * M_PI / 180)));
    values.push_back(static_cast<float>(std::sin(angle * M_PI / 180)));
  }
  return values;
}

std::vector<int64_t> ids_of(const std::vector<Hit>& hits) {
  std::vector<int64_t> ids;
  for (const Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

class ExactSearch : public testing::Test {
 protected:
  void make(int64_t width) {
    writer_ = std::make_unique<GalleryWriter>(folder_ / "g", GalleryKind{"m", width});
  }
  void add(const std::vector<float>& values) {
    const int64_t width = writer_->gallery().kind().width;
    const auto count = static_cast<int64_t>(values.size()) / width;
    writer_->add({values, count, width}, std::vector<NewCrop>(static_cast<size_t>(count)));
  }
  std::shared_ptr<const Snapshot> snapshot() const { return writer_->gallery().snapshot(); }

  test::TemporaryFolder folder_;
  std::unique_ptr<GalleryWriter> writer_;
};

TEST_F(ExactSearch, FindsTheNearestByAngle) {
  make(2);
  add(at_angles({0, 90, 30, 200, 31}));
  const std::vector<float> query = at_angles({40});
  const auto hits = search_exact(*snapshot(), {query, 1, 2}, 3, snapshot()->all());
  EXPECT_THAT(ids_of(hits[0]), ElementsAre(5, 3, 1));
  EXPECT_NEAR(hits[0][0].similarity, std::cos(9 * M_PI / 180), 1e-6);
  const auto all = search_exact(*snapshot(), {query, 1, 2}, 100, snapshot()->all());
  EXPECT_THAT(ids_of(all[0]), ElementsAre(5, 3, 1, 2, 4));
  const auto some = search_exact(*snapshot(), {query, 1, 2}, 2, snapshot()->of({1, 2, 4, 77}));
  EXPECT_THAT(ids_of(some[0]), ElementsAre(1, 2));
  EXPECT_THAT(search_exact(*snapshot(), {query, 1, 2}, 2, snapshot()->of({}))[0], IsEmpty());
}

TEST_F(ExactSearch, EqualOnesComeByTheirNumber) {
  make(2);
  add(at_angles(std::vector<double>(3000, 10)));
  add(at_angles({11, 10}));
  std::vector<float> queries = at_angles(std::vector<double>(9, 10.2));
  const auto many = search_exact(*snapshot(), {queries, 9, 2}, 4, snapshot()->all());
  const auto few = search_exact(*snapshot(), {std::span(queries).first(2), 1, 2}, 4, snapshot()->all());
  EXPECT_THAT(ids_of(many[8]), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(ids_of(few[0]), ids_of(many[0]));
}

TEST_F(ExactSearch, ManyQueriesGetWhatEachGetsAlone) {
  constexpr int64_t kWide = 130, kQueries = 23;
  make(kWide);
  for (int part = 0; part < 3; ++part) add(test::random_values(1500 * kWide, static_cast<uint64_t>(part)));
  RandomStream random(5, "delete");
  std::vector<int64_t> gone, meant;
  for (int64_t id = 1; id <= 4500; ++id) {
    if (random.chance(0.2)) gone.push_back(id);
    if (random.chance(0.1) || (id > 2000 && id < 3000)) meant.push_back(id);
  }
  writer_->remove(gone);
  const std::vector<float> queries = test::random_values(kQueries * kWide, 9);
  for (const Selection& selection : {snapshot()->all(), snapshot()->of(meant)}) {
    for (const int64_t count : {1, 10, 700}) {
      const auto many =
          search_exact(*snapshot(), {queries, kQueries, kWide}, count, selection, {.threads = 2});
      for (int64_t q = 0; q < kQueries; ++q) {
        const std::span<const float> own(queries.data() + q * kWide, kWide);
        const auto alone = search_exact(*snapshot(), {own, 1, kWide}, count, selection);
        ASSERT_EQ(ids_of(many[static_cast<size_t>(q)]), ids_of(alone[0])) << "query " << q;
        for (size_t i = 0; i < alone[0].size(); ++i)
          EXPECT_EQ(alone[0][i].similarity, many[static_cast<size_t>(q)][i].similarity);
      }
    }
  }
}

TEST_F(ExactSearch, TheSameAsSortingAllProducts) {
  make(kWidth);
  add(test::random_values(600 * kWidth, 4));
  const std::vector<float> query = test::random_values(kWidth, 8);
  const auto now = snapshot();
  std::vector<std::pair<double, int64_t>> order;
  for (const int64_t id : now->ids()) {
    double product = 0;
    for (int64_t k = 0; k < kWidth; ++k)
      product += static_cast<double>(query[static_cast<size_t>(k)]) * static_cast<double>(now->vector(id)[k]);
    order.emplace_back(-product, id);
  }
  std::sort(order.begin(), order.end());
  const auto hits = search_exact(*now, {query, 1, kWidth}, 50, now->all());
  for (size_t i = 0; i < 50; ++i) EXPECT_EQ(hits[0][i].id, order[i].second) << i;
}

TEST_F(ExactSearch, ReRankingPutsMutualNeighboursFirst) {
  make(2);
  // The query is between a crowd (whose nearest are each other) and two that are near it alone.
  add(at_angles({20, 20.1, 20.2, 20.3, 20.4, 20.5, -20.05, -20.15}));
  const std::vector<float> query = at_angles({0});
  auto hits = search_exact(*snapshot(), {query, 1, 2}, 8, snapshot()->all())[0];
  ASSERT_EQ(hits[0].id, 1);
  re_rank(*snapshot(), query.data(), hits, {.k1 = 3, .k2 = 1, .lambda = 0});
  EXPECT_EQ(hits.size(), 8);
  EXPECT_THAT((std::vector<int64_t>{hits[0].id, hits[1].id}), testing::UnorderedElementsAre(7, 8));
  EXPECT_LT(*hits[0].re_ranked, *hits[7].re_ranked);
}

TEST_F(ExactSearch, RefusesWhatCannotBeSearched) {
  make(2);
  add(at_angles({1}));
  const std::vector<float> wide{1, 2, 3}, zero{0, 0}, query{1, 0};
  const auto search = [&](const std::vector<float>& values, int64_t count) {
    search_exact(*snapshot(), {values, 1, static_cast<int64_t>(values.size())}, count, snapshot()->all());
  };
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { search(wide, 1); }), HasSubstr("3 numbers"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { search(zero, 1); }), HasSubstr("query"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { search(query, 0); }), HasSubstr("positive"));
}

}  // namespace
}  // namespace dmf::search
