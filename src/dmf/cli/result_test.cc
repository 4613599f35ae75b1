#include "dmf/cli/result.h"

#include <gmock/gmock.h>

#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TestResult some_result() {
  TestResult result;
  result.dataset = "market1501:data/market1501s/";
  result.fingerprint = "0123456789abcdef";
  result.figures.map = 100 / 3.;
  result.figures.rank1 = 50;
  result.figures.queries = 12;
  result.figures.queries_without_match = 2;
  result.figures.gallery = 34;
  result.figures.protocol = "Market rules";
  return result;
}

TEST(TestResult, AsJsonHoldsEveryFigureInPerCent) {
  const nlohmann::json json = to_json(some_result());
  EXPECT_EQ(json["dataset"], "market1501:data/market1501s/");
  EXPECT_EQ(json["name"], "market1501s");
  EXPECT_EQ(json["map"], 100 / 3.);
  EXPECT_EQ(json["rank1"], 50);
  EXPECT_EQ(json["queries"], 12);
  EXPECT_EQ(json["queries_without_match"], 2);
  EXPECT_EQ(json["gallery"], 34);
  for (const char* key : {"protocol", "fingerprint", "rank5", "rank10", "rank20", "minp", "embed_seconds"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_FALSE(json.contains("first_from_own_camera"));  // not known
}

TEST(TestResult, AsTableHoldsFiguresAndProtocol) {
  TestResult result = some_result();
  EXPECT_THAT(test_table({result}), HasSubstr("market1501s      33.33   50.00"));
  EXPECT_THAT(test_table({result}),
              HasSubstr("Market rules\n  queries without a right answer, left out: 2 of 12\n"));
  EXPECT_THAT(test_table({result}), Not(HasSubstr("own camera")));
  result.figures.first_from_own_camera = 12.5;
  EXPECT_THAT(test_table({result}), HasSubstr("own camera: 12.5 %"));
}

TEST(TestResult, HasThePapersFiguresBesideOurs) {
  TestResult result = some_result();
  EXPECT_THAT(test_table({result}), Not(HasSubstr("paper")));
  result.paper = paper_figure("market1501", StageOne::kImagesAndTexts, "cuhk03");
  EXPECT_THAT(test_table({result, some_result()}), HasSubstr("paper's Rank-1 / mAP"));
  EXPECT_THAT(test_table({result}), HasSubstr("paper 23.4 / 22.6"));
  EXPECT_THAT(test_table({result}),
              HasSubstr("paper (Table II, Market-1501 -> CUHK03): Rank-1 23.4, mAP 22.6"));
  EXPECT_EQ(to_json(result)["paper"]["map"], 22.6);
}

TEST(Measurement, SaysHowAndWhereItWasMade) {
  const nlohmann::json document = Measurement().document();
  EXPECT_THAT(document["command"].get<std::string>(), HasSubstr("dmf_cli_tests"));
  EXPECT_GT(document["peak_memory_bytes"], 0);
  EXPECT_GE(document["seconds"], 0);
  for (const char* key : {"version", "revision", "time", "processor"})
    EXPECT_TRUE(document.contains(key)) << key;
}

TEST(Measurement, WritesAnyNameAsJson) {
  const test::TemporaryFolder folder;
  write_document({{"path", "caf\xe9.jpg"}}, (folder / "result.json").string());  // not UTF-8
  EXPECT_THAT(nlohmann::json::parse(read_text(folder / "result.json"))["path"].get<std::string>(),
              HasSubstr("caf"));
}

TEST(Result, APasswordIsNotRepeated) {
  EXPECT_EQ(without_password("postgres://u:se:cr@et@h:5/d"), "postgres://u:***@h:5/d");
  EXPECT_EQ(without_password("--store=postgresql://u:secret@h/d?x=y"), "--store=postgresql://u:***@h/d?x=y");
  EXPECT_EQ(without_password("postgres://u@h/d?password=secret&x=y"), "postgres://u@h/d?password=***&x=y");
  for (const char* word : {"postgres://u@h:5432/d", "postgres://h:5432/d", "people", "a:b@c", "postgres"})
    EXPECT_EQ(without_password(word), word);
}

}  // namespace
}  // namespace dmf::cli
