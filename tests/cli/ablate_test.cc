// Table I as a command: rows and seeds, a kill in between, tables and plots.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Ablate : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  }
  std::vector<std::string> arguments(const std::string& dataset) const {
    std::vector<std::string> list = tiny_training("ablate", dataset, folder_.path(), /*steps=*/2);
    return list + std::vector<std::string>{"--test", dataset, "--seeds", "2"};
  }
  std::string file(const std::string& name) const { return read_text(folder_ / ("run/" + name)); }

  TemporaryFolder folder_;
};

TEST_F(Ablate, MakesTableOneAndGoesOnAfterAKill) {
  const std::string data = draw_figures(folder_ / "data");
  {
    Program program(arguments(data));
    ASSERT_TRUE(program.tells("stage I image, seed 0 (3 of 8): training", std::chrono::seconds(120)));
    program.send(SIGKILL);
    program.wait();
  }
  EXPECT_THAT(file("ablation.md"), HasSubstr("(1 of 2 seeds)"));
  const std::string model = sha256(file("text/seed0/model.safetensors"));

  const Finished finished =
      run_program(arguments(data) + std::vector<std::string>{"--json", (folder_ / "a.json").string()});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_THAT(finished.errors, HasSubstr("stage I none, seed 0 (1 of 8): is trained"));
  EXPECT_EQ(sha256(file("text/seed0/model.safetensors")), model);
  EXPECT_THAT(finished.output, HasSubstr("paper's Table I"));

  const nlohmann::json table = nlohmann::json::parse(read_text(folder_ / "a.json"));
  EXPECT_EQ(table.at("results").size(), 8u);
  EXPECT_EQ(table.at("comparisons").size(), 6u) << "each row with each row above it";
  EXPECT_TRUE(table.contains("command"));
  std::vector<double> maps;
  for (const auto& entry : table.at("results")) {
    if (entry.at("row") == "both") maps.push_back(entry.at("result").at("map"));
  }
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_NEAR(table.at("summary").back().at("map").at("mean").get<double>(), (maps[0] + maps[1]) / 2, 1e-9);
  for (const char* name : {"ablation.csv", "ablation.md", "ablation-map.png", "ablation-rank1.png"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / name)) << name;
  // What stage I learned from is written into each model.
  const nlohmann::json run = nlohmann::json::parse(file("text/seed1/result.json"));
  EXPECT_EQ(run.at("training").at("stage_one"), "texts");
}

TEST_F(Ablate, SaysWhatIsMissingBeforeTheFirstTraining) {
  const std::string plain = draw_figures(folder_ / "plain", {.has_captions = false});
  const Finished without_words = run_program(arguments(plain));
  EXPECT_EQ(without_words.exit_code, 2);
  EXPECT_THAT(without_words.errors, HasSubstr("neither captions nor attributes"));

  const std::string data = draw_figures(folder_ / "data");
  const Finished without_mix =
      run_program(arguments(data) + std::vector<std::string>{"--set", "batch.texts_beside=0"});
  EXPECT_EQ(without_mix.exit_code, 2);
  EXPECT_THAT(without_mix.errors, HasSubstr("batch.texts_beside=1"));

  const Finished unknown = run_program(arguments(data) + std::vector<std::string>{"--rows", "none,picture"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.errors, HasSubstr("none, text, image or both"));
  EXPECT_THAT(unknown.errors, Not(HasSubstr("training")));
}

}  // namespace
}  // namespace dmf::test
