// What a gallery does, wherever it is kept: the same crops in, the same answers out.
#include <gmock/gmock.h>

#include <cmath>

#include "dmf/pgstore/testing_database.h"
#include "dmf/search/approximate.h"
#include "dmf/search/testing_gallery.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::pgstore {
namespace {

using namespace search::testing_gallery;
using search::Filter;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Kept { kFolder, kDatabase };

class Contract : public testing::TestWithParam<Kept> {
 protected:
  void SetUp() override {
    if (GetParam() == Kept::kDatabase) {
      DMF_NEEDS_POSTGRES();
      name_ = testing_database::new_name();
    }
  }
  std::unique_ptr<search::GalleryKeeper> keeper(const search::GalleryKind& kind = kKind) const {
    if (GetParam() == Kept::kFolder) return std::make_unique<search::GalleryWriter>(folder_ / "g", kind);
    return std::make_unique<DatabaseKeeper>(testing_database::server().url(), name_, kind);
  }
  std::unique_ptr<search::GalleryView> view() const {
    if (GetParam() == Kept::kFolder) return std::make_unique<search::Gallery>(folder_ / "g");
    return std::make_unique<DatabaseGallery>(testing_database::server().url(), name_);
  }

 private:
  test::TemporaryFolder folder_;
  std::string name_;
};

INSTANTIATE_TEST_SUITE_P(Galleries, Contract, testing::Values(Kept::kFolder, Kept::kDatabase),
                         [](const auto& kept) {
                           return kept.param == Kept::kFolder ? "Folder" : "Database";
                         });

double product_of(const std::vector<float>& first, const std::vector<float>& second) {
  double product = 0, squares[2] = {0, 0};
  for (size_t k = 0; k < first.size(); ++k) {
    product += static_cast<double>(first[k]) * static_cast<double>(second[k]);
    squares[0] += static_cast<double>(first[k]) * static_cast<double>(first[k]);
    squares[1] += static_cast<double>(second[k]) * static_cast<double>(second[k]);
  }
  return product / std::sqrt(squares[0] * squares[1]);
}

std::vector<int64_t> ids_of(const std::vector<search::Hit>& hits) {
  std::vector<int64_t> ids;
  for (const search::Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

TEST_P(Contract, KeepsWhatItIsGiven) {
  const auto writer = keeper();
  EXPECT_THAT(add(*writer, numbers(1, 3)), ElementsAre(1, 2, 3));
  EXPECT_THAT(add(*writer, {7}), ElementsAre(4));
  const auto gallery = view();
  EXPECT_EQ(gallery->count(), 4);
  EXPECT_EQ(gallery->kind().model, "a model");
  EXPECT_EQ(gallery->kind().width, kWidth);
  search::Crop expected = crop_of(2).crop;
  expected.id = 2;
  EXPECT_EQ(line_of(gallery->crop(2), gallery->thumbnail(2)), line_of(expected, crop_of(2).thumbnail));
  EXPECT_EQ(gallery->thumbnail(4), "") << "it has none";
  EXPECT_FALSE(gallery->crop(4 - 1).time == std::nullopt);
  EXPECT_NEAR(product_of(gallery->vector(4), vector_of(7)), 1, 1e-6);
  EXPECT_TRUE(gallery->vector(9).empty());
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { gallery->crop(9); }), HasSubstr("there is no crop 9"));
  EXPECT_EQ(gallery->sources().at("pictures/7.jpg"), "1");
  writer->set_property("model_file", "/a/b");
  EXPECT_EQ(gallery->property("model_file"), "/a/b");
  EXPECT_EQ(gallery->property("nothing"), "");
}

TEST_P(Contract, FindsTheNearest) {
  const auto writer = keeper();
  add(*writer, numbers(1, 60));
  const auto gallery = view();
  std::vector<float> queries;
  for (const int64_t number : {1001, 1002, 1003}) {
    const std::vector<float> query = vector_of(number);
    queries.insert(queries.end(), query.begin(), query.end());
  }
  const search::SearchResult found = gallery->search({queries, 3, kWidth}, 7, {}, false);
  EXPECT_TRUE(found.is_exact);
  EXPECT_EQ(found.searched, 60);
  ASSERT_EQ(found.answers.size(), 3);
  for (size_t q = 0; q < 3; ++q) {
    const std::vector<float> query = vector_of(1001 + static_cast<int64_t>(q));
    std::vector<std::pair<double, int64_t>> expected;
    for (int64_t id = 1; id <= 60; ++id) expected.emplace_back(-product_of(query, vector_of(id)), id);
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(found.answers[q].size(), 7);
    for (size_t i = 0; i < 7; ++i) {
      EXPECT_EQ(found.answers[q][i].id, expected[i].second);
      EXPECT_NEAR(found.answers[q][i].similarity, -expected[i].first, 1e-5);
    }
  }
  EXPECT_EQ(gallery->search({queries, 3, kWidth}, 100, {}, true).answers[2].size(), 60);
  std::vector<search::Hit> hits = gallery->search({queries, 3, kWidth}, 20, {}, true).answers[0];
  search::re_rank(*gallery, queries.data(), hits, {});
  EXPECT_TRUE(std::is_sorted(hits.begin(), hits.end(), [](const search::Hit& a, const search::Hit& b) {
    return *a.re_ranked < *b.re_ranked;
  }));
}

TEST_P(Contract, OfEqualOnesTheLowerNumberIsFirst) {
  const auto writer = keeper();
  std::vector<float> values;
  for (int i = 0; i < 6; ++i) values.insert(values.end(), {0.6F, 0.8F, 0, 0, 0});
  const std::vector<search::NewCrop> nowhere(6);
  writer->add({values, 6, kWidth}, nowhere);
  const search::SearchResult found = view()->search({std::span(values).first(5), 1, kWidth}, 4, {}, true);
  EXPECT_THAT(ids_of(found.answers[0]), ElementsAre(1, 2, 3, 4));
}

TEST_P(Contract, FiltersByWhatIsKnown) {
  const auto writer = keeper();
  add(*writer, numbers(1, 12));
  const auto gallery = view();
  EXPECT_THAT(gallery->select({.cameras = {"c1"}}), ElementsAre(1, 5, 9));
  EXPECT_THAT(gallery->select({.cameras = {"c0", ""}}), ElementsAre(3, 4, 7, 8, 11, 12));
  EXPECT_THAT(gallery->select({.identities = {"person 1", "person 3"}}), ElementsAre(4, 5, 10, 11));
  EXPECT_THAT(gallery->select({.tags = {"even", "six"}}), ElementsAre(6, 12));
  EXPECT_THAT(gallery->select({.from = 1'008'000, .before = 1'011'000}), ElementsAre(8, 9));
  EXPECT_THAT(gallery->select({.before = 1'004'000}), ElementsAre(1, 2, 3)) << "5 and 10 have no time";
  EXPECT_THAT(gallery->select({.ids = {4, 3, 99}, .tags = {"even"}}), ElementsAre(4));
  EXPECT_THAT(gallery->select({.sources = {"pictures/6.jpg"}}), ElementsAre(6));
  for (const char* text : {"c1' OR '1'='1", "c1'; DROP TABLE crops; --", "{c1}", "\"c1\"", "$1"}) {
    EXPECT_THAT(gallery->select({.cameras = {text}}), IsEmpty()) << text;
    EXPECT_THAT(gallery->select({.tags = {text}}), IsEmpty()) << text;
  }
  EXPECT_EQ(gallery->select({}).size(), 12);
  const std::vector<float> query = vector_of(1001);
  const search::SearchResult found =
      gallery->search({query, 1, kWidth}, 10, {.cameras = {"c1"}, .from = 1'002'000}, false);
  EXPECT_THAT(ids_of(found.answers[0]), ElementsAre(9)) << "5 has no time";
  EXPECT_EQ(found.searched, 1);
  EXPECT_THAT(gallery->search({query, 1, kWidth}, 10, {.tags = {"none"}}, false).answers[0], IsEmpty());
  const search::GalleryStatistics statistics = gallery->statistics();
  EXPECT_EQ(statistics.cameras, (search::Counts{{"", 3}, {"c0", 3}, {"c1", 3}, {"c2", 3}}));
  EXPECT_EQ(statistics.tags, (search::Counts{{"even", 6}, {"six", 2}}));
  EXPECT_EQ(statistics.first_time, 1'001'000);
  EXPECT_EQ(statistics.crops, 12);
  EXPECT_EQ(statistics.thumbnails, 11);
  EXPECT_EQ(statistics.identities, 4);
}

TEST_P(Contract, ASourceThatComesAgainTakesItsOldPlace) {
  const auto writer = keeper();
  add(*writer, numbers(1, 3));
  EXPECT_THAT(add(*writer, {2, 4}), ElementsAre(4, 5));
  EXPECT_THAT(view()->select({}), ElementsAre(1, 3, 4, 5));
  EXPECT_EQ(view()->statistics().deleted_rows, 1);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { add(*writer, {8, 8}); }), HasSubstr("pictures/8.jpg"));
  EXPECT_EQ(view()->count(), 4);
}

TEST_P(Contract, DeletesAndGivesBackTheSpace) {
  const auto writer = keeper();
  add(*writer, numbers(1, 6));
  EXPECT_EQ(writer->remove({2, 4, 99}), 2);
  EXPECT_THAT(view()->select({}), ElementsAre(1, 3, 5, 6));
  EXPECT_TRUE(view()->vector(2).empty());
  EXPECT_EQ(view()->thumbnail(2), "");
  const std::vector<float> query = vector_of(2);
  EXPECT_EQ(view()->search({query, 1, kWidth}, 10, {}, false).answers[0].size(), 4);
  const std::string before = describe(*view());
  EXPECT_EQ(writer->compact(false).rows, 2);
  EXPECT_EQ(view()->statistics().deleted_rows, 0);
  EXPECT_EQ(describe(*view()), before);
  EXPECT_THAT(add(*writer, {20}), ElementsAre(7)) << "a number is not given again";
}

TEST_P(Contract, UpdatesAllOrNone) {
  const auto writer = keeper();
  add(*writer, numbers(1, 4));
  writer->update({1, 2}, {.camera = "gate", .time = std::optional<int64_t>(), .add_tags = {"seen"}});
  EXPECT_THAT(view()->select({.cameras = {"gate"}, .tags = {"seen"}}), ElementsAre(1, 2));
  EXPECT_EQ(view()->crop(2).tags, (std::vector<std::string>{"even", "seen"}));
  EXPECT_EQ(view()->crop(2).time, std::nullopt);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer->update({3, 50}, {.camera = "yard"});
              }),
              HasSubstr("there is no crop 50"));
  EXPECT_THAT(view()->select({.cameras = {"yard"}}), IsEmpty());
}

TEST_P(Contract, RefusesVectorsOfAnotherKind) {
  {
    const auto made = keeper();
    add(*made, {1});
  }
  for (const search::GalleryKind& kind :
       {search::GalleryKind{"another model", kWidth}, search::GalleryKind{"a model", 6}}) {
    EXPECT_THAT(test::message_of<InvalidArgument>([&] { keeper(kind); }),
                AllOf(HasSubstr(view()->place()), HasSubstr("holds vectors of model a model with 5")));
  }
  const auto writer = keeper();
  std::vector<float> values(6, 1.F);
  const std::vector<search::NewCrop> one(1);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer->add({values, 1, 6}, one);
              }),
              HasSubstr("expected vectors of 5 numbers, got 6"));
  values[2] = NAN;
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                writer->add({std::span(values).first(5), 1, 5}, one);
              }),
              HasSubstr("NaN"));
  EXPECT_EQ(view()->count(), 1);
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                view()->search({std::span(values).first(2), 1, 2}, 1, {}, false);
              }),
              HasSubstr("queries of 2 numbers"));
}

}  // namespace
}  // namespace dmf::pgstore
