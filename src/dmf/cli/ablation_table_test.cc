#include "dmf/cli/ablation_table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

nlohmann::json result(double rank1, double map) {
  return {{"rank1", rank1}, {"map", map},    {"rank5", 0.0},   {"rank10", 0.0},
          {"minp", 0.0},    {"queries", 10}, {"gallery", 100}, {"fingerprint", "0123456789abcdef"}};
}

Ablation some_ablation() {
  Ablation ablation;
  ablation.rows = {StageOne::kNone, StageOne::kImagesAndTexts};
  ablation.tests = {"Market-1501", "mine, and yours"};
  ablation.seeds = {4, 5, 6};
  ablation.results = {{{result(40, 20), result(42, 21), result(44, 25)}, {result(1, 2), {}, {}}},
                      {{result(50, 30), result(50, 30), result(50, 30)}, {{}, {}, {}}}};
  eval::Comparison figures;
  figures.map_difference = 8;
  figures.map_interval = {7.5, 8.25};
  figures.map_p = 0.0005;
  ablation.comparisons = {{StageOne::kImagesAndTexts, StageOne::kNone, 0, figures}};
  return ablation;
}

TEST(SpreadOf, IsMeanAndSampleDeviationOfWhatIsThere) {
  const Spread spread = spread_of({result(0, 20), nullptr, result(0, 21), result(0, 25)}, "map");
  EXPECT_DOUBLE_EQ(spread.mean, 22);
  EXPECT_DOUBLE_EQ(spread.deviation, std::sqrt(7.0));  // (4 + 1 + 9) / 2
  EXPECT_EQ(spread.count, 3);
  EXPECT_EQ(spread_of({result(0, 20)}, "map").deviation, 0);
  EXPECT_EQ(spread_of({nullptr}, "map").count, 0);
}

TEST(AblationTable, AsMarkdownHasOursAndThePapers) {
  const std::string text = ablation_markdown(some_ablation());
  EXPECT_THAT(text, HasSubstr("| stage I | Market-1501 | mine, and yours |\n|---|---|---|\n"));
  EXPECT_THAT(text, HasSubstr("| none | 42.0 ± 2.0 / 22.0 ± 2.6 | 1.0 / 2.0 (1 of 3 seeds) |\n"));
  EXPECT_THAT(text, HasSubstr("| both | 50.0 ± 0.0 / 30.0 ± 0.0 | ... |\n"));
  EXPECT_THAT(text, HasSubstr("seeds 4, 5, 6"));
  EXPECT_THAT(text, HasSubstr("- Market-1501: both against none: mAP +8.00 (+7.50 … +8.25, p = 0.0005)"));
  EXPECT_THAT(text, HasSubstr("| both | 80.2 / 52.6 | 21.2 / 19.4 | 20.8 / 19.3 |\n"));
}

TEST(AblationTable, AsCsvHasALineForEachRunAndTest) {
  const std::string text = ablation_csv(some_ablation());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 3 + 1 + 3);
  EXPECT_THAT(text, HasSubstr("\nnone,5,Market-1501,42.0,21.0,0.0,0.0,0.0,10,100,0123456789abcdef\n"));
  EXPECT_THAT(text, HasSubstr("\nnone,4,\"mine, and yours\",1.0,2.0,"));
}

TEST(AblationTable, AsJsonKeepsResultsSummaryAndComparisons) {
  const nlohmann::json document = ablation_json(some_ablation());
  EXPECT_EQ(document.at("rows"), (nlohmann::json{"none", "both"}));
  EXPECT_EQ(document.at("results").size(), 7u);
  EXPECT_EQ(document.at("summary").at(0).at("map").at("mean"), 22.0);
  EXPECT_EQ(document.at("comparisons").at(0).at("map").at("low"), 7.5);
}

TEST(AblationTable, WithoutComparisonsSaysNothingOfThem) {
  Ablation ablation = some_ablation();
  ablation.comparisons.clear();
  EXPECT_THAT(ablation_text(ablation), Not(HasSubstr("against")));
}

TEST(RowOf, KnowsTheRowsOfTableOne) {
  for (const char* name : {"none", "text", "image", "both"}) EXPECT_STREQ(row_name(row_of(name)), name);
  try {
    row_of("images");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("none, text, image or both"));
  }
}

}  // namespace
}  // namespace dmf::cli
