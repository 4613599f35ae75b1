#include "dmf/cli/matrix_table.h"

#include <gmock/gmock.h>

#include "dmf/cli/result.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

MatrixCell done(double rank1, double map, std::optional<PaperFigure> paper) {
  TestResult result;
  result.dataset = "cuhk03:x";
  result.fingerprint = "0123456789abcdef";
  result.figures.rank1 = rank1;
  result.figures.map = map;
  result.paper = paper;
  return {MatrixCell::State::kDone, to_json(result)};
}

Matrix some_matrix() {
  const auto paper = paper_figure("market1501", StageOne::kImagesAndTexts, "cuhk03");
  return {{"Market-1501", "mine, and \"others\""},
          {"Market-1501", "CUHK03"},
          {{{MatrixCell::State::kSkipped, {}}, done(25, 24.04, paper)},
           {{MatrixCell::State::kPending, {}}, done(5, 4, std::nullopt)}}};
}

TEST(MatrixTable, AsMarkdownHasThePapersFiguresBesideOurs) {
  const std::string text = matrix_markdown(some_matrix());
  EXPECT_THAT(text, HasSubstr("| trained on \\ tested on | Market-1501 | CUHK03 |\n|---|---|---|\n"));
  EXPECT_THAT(text, HasSubstr("| Market-1501 | - | 25.0 / 24.0 (paper 23.4 / 22.6) |\n"));
  EXPECT_THAT(text, HasSubstr("| ... | 5.0 / 4.0 |\n"));
  EXPECT_THAT(text, HasSubstr("Rank-1 / mAP"));
  EXPECT_THAT(text, HasSubstr("not measured yet"));
}

TEST(MatrixTable, WithoutThePapersSetsThereIsNoTalkOfThePaper) {
  Matrix matrix = some_matrix();
  matrix.cells[0][1].result.erase("paper");
  EXPECT_THAT(matrix_markdown(matrix), Not(HasSubstr("paper")));
}

TEST(MatrixTable, AsCsvHasALineForEachFigure) {
  const std::string text = matrix_csv(some_matrix());
  EXPECT_THAT(
      text, HasSubstr("\nMarket-1501,CUHK03,25.0,24.04,0.0,0.0,0.0,0,0,23.4,22.6,\"Table II, Market-1501 -> "
                      "CUHK03\",0123456789abcdef\n"));
  EXPECT_THAT(
      text, HasSubstr("\n\"mine, and \"\"others\"\"\",CUHK03,5.0,4.0,0.0,0.0,0.0,0,0,,,,0123456789abcdef\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(MatrixTable, AsJsonHasEveryCellWithItsState) {
  const nlohmann::json json = matrix_json(some_matrix());
  ASSERT_EQ(json.at("cells").size(), 4U);
  EXPECT_EQ(json.at("cells").at(0).at("state"), "skipped");
  EXPECT_EQ(json.at("cells").at(1).at("result").at("map"), 24.04);
  EXPECT_EQ(json.at("cells").at(1).at("result").at("paper").at("rank1"), 23.4);
  EXPECT_EQ(json.at("cells").at(2).at("state"), "pending");
  EXPECT_EQ(some_matrix().pending(), 1);
}

}  // namespace
}  // namespace dmf::cli
