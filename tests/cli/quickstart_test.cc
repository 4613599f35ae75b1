// Quickstart without a dataset: worlds, two models, pictures, and going on in the same folder.
#include <gmock/gmock.h>

#include <filesystem>

#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Quickstart : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  }
  TemporaryFolder folder_;
};

TEST_F(Quickstart, WithoutDataMakesPeopleTrainsBothModelsAndShowsThem) {
  std::vector<std::string> arguments = tiny_training("quickstart", "", folder_.path(), /*steps=*/2);
  arguments.erase(arguments.begin() + 1, arguments.begin() + 3);  // --train
  arguments = arguments + std::vector<std::string>{"--people", "9"};
  const Finished finished = run_program(arguments);
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("DMF: images and words"));
  EXPECT_THAT(finished.output, HasSubstr("images alone"));
  EXPECT_THAT(finished.output, HasSubstr("12 queries of 3 persons"));
  const std::filesystem::path run = folder_ / "run";
  for (const char* name :
       {"contact_sheet.png", "ranked_lists.png", "dmf/model.safetensors", "images/model.safetensors"})
    EXPECT_GT(std::filesystem::file_size(run / name), 1000u) << name;
  const nlohmann::json document = nlohmann::json::parse(read_text(run / "result.json"));
  EXPECT_EQ(document.at("results").size(), 2u);
  EXPECT_EQ(document.at("results").at(0).at("queries"), document.at("results").at(1).at("queries"));
  const auto stage_one = [&](const char* model) {
    const nlohmann::json record = nlohmann::json::parse(read_text(run / model / "result.json"));
    return record.at("training").at("stage_one").get<std::string>();
  };
  EXPECT_EQ(stage_one("dmf"), "images and texts");
  EXPECT_EQ(stage_one("images"), "images");

  const Finished report =
      run_program({"report", "distance", "--model", (run / "dmf/model.safetensors").string(), "--data",
                   "finegpr:" + (run / "world/source").string(), "--identities", "5", "--samples", "2",
                   "--out", (run / "report").string(), "--json"});
  ASSERT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_EQ(report.json().at("images"), 10);
  for (const char* when : {"before", "after"}) {
    const double same = report.json().at(when).at("same_identity"),
                 other = report.json().at(when).at("other_identities");
    EXPECT_GT(same, 0) << when;
    EXPECT_LE(other, 2) << when;
    EXPECT_NEAR(report.json().at(when).at("ratio"), same / other, 1e-9) << when;
  }
  EXPECT_GT(std::filesystem::file_size(run / "report/distance.png"), 1000u);
  const Finished wordless =
      run_program({"report", "distance", "--model", (run / "images/model.safetensors").string(), "--data",
                   "finegpr:" + (run / "world/source").string(), "--out", (run / "report").string()});
  EXPECT_EQ(wordless.exit_code, 2);
  EXPECT_THAT(wordless.errors, HasSubstr("this model has no text branch"));

  const Finished again = run_program(arguments);
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.errors, HasSubstr("is trained"));
  EXPECT_THAT(again.errors, Not(HasSubstr("testing")));
}

}  // namespace
}  // namespace dmf::test
