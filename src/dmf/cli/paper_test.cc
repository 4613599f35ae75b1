#include "dmf/cli/paper.h"

#include <gmock/gmock.h>

#include <set>
#include <tuple>

namespace dmf::cli {
namespace {

nlohmann::json trained_on(const std::string& format, int64_t identities, const std::string& stage_one) {
  return {{"datasets", {{"train", {{"format", format}, {"identities", identities}}}}},
          {"stage_one", stage_one}};
}

TEST(PaperFigures, AreThePapersTwoTables) {
  // Sums over the columns of the printed tables, added up by hand from Table I and DMF's rows of Table II.
  double rank1[2] = {}, map[2] = {};
  std::set<std::tuple<std::string, StageOne, std::string>> keys;
  for (const PaperFigure& figure : paper_figures()) {
    const int table = figure.table == "Table I" ? 0 : 1;
    rank1[table] += figure.rank1;
    map[table] += figure.map;
    EXPECT_GE(figure.rank1, figure.map) << figure_name(figure);  // so is every pair of the paper
    EXPECT_NE(figure.train, figure.test) << figure_name(figure);
    EXPECT_TRUE(keys.emplace(figure.train, figure.stage_one, figure.test).second) << figure_name(figure);
  }
  EXPECT_EQ(keys.size(), 12U + 9U);
  EXPECT_NEAR(rank1[0], 273.4 + 66.2 + 61.1, 1e-9);
  EXPECT_NEAR(map[0], 167.7 + 60.8 + 56.5, 1e-9);
  EXPECT_NEAR(rank1[1], 74.0 + 107.4 + 116.6 + 152.6, 1e-9);
  EXPECT_NEAR(map[1], 44.1 + 79.8 + 90.9 + 90.2, 1e-9);
}

TEST(PaperFigures, AreFoundForThePapersSets) {
  const auto figure = paper_figure(trained_on("market1501", 751, "images and texts"), "cuhk03", 1400, 5332);
  ASSERT_TRUE(figure.has_value());
  EXPECT_EQ(figure_text(*figure), "23.4 / 22.6");
  EXPECT_EQ(figure_name(*figure), "Table II, Market-1501 -> CUHK03");
}

TEST(PaperFigures, RowsOfTableOneDifferInWhatStageOneLearnsFrom) {
  const auto of = [](const std::string& stage_one) {
    return figure_text(*paper_figure(trained_on("dukemtmc", 702, stage_one), "market1501", 3368, 15913));
  };
  EXPECT_EQ(of("none"), "54.2 / 30.1");
  EXPECT_EQ(of("texts"), "64.1 / 38.7");
  EXPECT_EQ(of("images"), "74.9 / 46.3");
  EXPECT_EQ(of("images and texts"), "80.2 / 52.6");
}

TEST(PaperFigures, OtherSetsAndStagesHaveNone) {
  const std::string both = "images and texts";
  EXPECT_FALSE(paper_figure(trained_on("market1501", 551, both), "cuhk03", 1400, 5332)) << "a subset";
  EXPECT_FALSE(paper_figure(trained_on("market1501", 751, both), "cuhk03", 200, 738)) << "another protocol";
  EXPECT_FALSE(paper_figure(trained_on("market1501", 751, both), "cuhk03", 1400, 5328)) << "hand-drawn boxes";
  EXPECT_FALSE(paper_figure(trained_on("market1501", 751, "none"), "cuhk03", 1400, 5332))
      << "not in the paper";
  EXPECT_FALSE(paper_figure(trained_on("market1501", 751, both), "market1501", 3368, 15913))
      << "its own test half";
  EXPECT_FALSE(paper_figure(trained_on("folder", 751, both), "cuhk03", 1400, 5332));
  EXPECT_FALSE(paper_figure(nlohmann::json::object(), "cuhk03", 1400, 5332)) << "a model without a record";
}

}  // namespace
}  // namespace dmf::cli
