// The main job end to end on made-up figures: both stages, the run folder, eval and embed, kill and resume.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Training : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    dataset_ = draw_figures(folder_ / "figures");
  }

  std::vector<std::string> arguments(const std::string& name, int steps = 10) const {
    return tiny_training("train", dataset_, folder_ / name, steps) +
           std::vector<std::string>{"--test", dataset_};
  }
  std::filesystem::path run(const std::string& name) const { return folder_ / name / "run"; }

  nlohmann::json result(const std::string& name) const {
    return nlohmann::json::parse(read_text(run(name) / "result.json"));
  }
  std::vector<nlohmann::json> metrics(const std::string& name) const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(run(name) / "metrics.jsonl");
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  TemporaryFolder folder_;
  std::string dataset_;
};

/// Losses of a stage in the order of its lines.
std::vector<double> losses(const std::vector<nlohmann::json>& metrics, const std::string& stage) {
  std::vector<double> values;
  for (const auto& line : metrics) {
    if (line.at("stage") == stage && line.contains("loss")) values.push_back(line.at("loss"));
  }
  return values;
}

TEST_F(Training, TwoStagesGiveARunFolderThatEvalAndEmbedUse) {
  const Finished trained = run_program(arguments("a", 30));
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  EXPECT_THAT(trained.errors, HasSubstr("stage I, pre-training"));
  EXPECT_THAT(trained.errors, HasSubstr("stage II, fine-tuning"));
  EXPECT_THAT(trained.output, HasSubstr("mAP"));
  for (const char* file : {"config.toml", "metrics.jsonl", "model.safetensors", "result.json"}) {
    EXPECT_TRUE(std::filesystem::exists(run("a") / file)) << file;
  }
  for (const char* stage : {"pretrain", "finetune"}) {
    const std::vector<double> values = losses(metrics("a"), stage);
    ASSERT_GE(values.size(), 4U) << stage;
    // Stage II begins where stage I has come to.
    EXPECT_LT(values.back(), losses(metrics("a"), "pretrain").front()) << stage;
  }
  const nlohmann::json figures = result("a").at("results").at(0);
  EXPECT_EQ(figures.at("queries"), 4);
  EXPECT_GT(figures.at("map"), 0);
  EXPECT_LE(figures.at("map"), 100);
  EXPECT_EQ(result("a").at("training").at("datasets").at("train").at("fingerprint"),
            figures.at("fingerprint"));

  const std::string model = run("a") / "model.safetensors";
  const Finished tested = run_program({"eval", "--model", model, "--test", dataset_, "--json", "--device",
                                       "cpu", "--precision", "float32", "--by", "camera"});
  ASSERT_EQ(tested.exit_code, 0) << tested.errors;
  EXPECT_EQ(tested.json().at("results").at(0).at("map"), figures.at("map"));
  EXPECT_FALSE(tested.json().at("results").at(0).at("by_camera").empty());

  const std::string vectors = folder_ / "vectors.npy";
  const Finished images = run_program({"embed", "--model", model, "--out", vectors, "--json", "-", dataset_});
  ASSERT_EQ(images.exit_code, 0) << images.errors;
  EXPECT_EQ(images.json().at("results").at(0).at("count"), 48);
  EXPECT_EQ(images.json().at("results").at(0).at("width"), 64);
  const Finished words =
      run_program({"embed", "--model", model, "--out", vectors, "--text", "a person in a red coat"});
  ASSERT_EQ(words.exit_code, 0) << words.errors;
  EXPECT_THAT(words.output, HasSubstr("[1, 64]"));
}

TEST_F(Training, ResumedAfterAKillGivesTheSameModel) {
  ASSERT_EQ(run_program(arguments("whole", 40)).exit_code, 0);
  {
    Program program(arguments("killed", 40));
    ASSERT_TRUE(program.tells("stage II, fine-tuning: ", std::chrono::seconds(120)));
    program.send(SIGKILL);
    program.wait();
  }
  EXPECT_FALSE(std::filesystem::exists(run("killed") / "result.json"));
  const Finished resumed = run_program({"train", "--resume", "--out", run("killed")});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.errors;
  EXPECT_EQ(losses(metrics("killed"), "pretrain"), losses(metrics("whole"), "pretrain"));
  EXPECT_EQ(losses(metrics("killed"), "finetune"), losses(metrics("whole"), "finetune"));
  EXPECT_EQ(result("killed").at("results").at(0).at("map"), result("whole").at("results").at(0).at("map"));
}

TEST_F(Training, CtrlCStopsAtACleanPoint) {
  Program program(arguments("a", 400));
  ASSERT_TRUE(program.tells("stage I, pre-training: ", std::chrono::seconds(120)));
  program.send(SIGINT);
  const Finished stopped = program.wait();
  EXPECT_EQ(stopped.exit_code, 130) << stopped.errors;
  EXPECT_THAT(stopped.errors, HasSubstr("--resume"));
  EXPECT_TRUE(std::filesystem::exists(run("a") / "checkpoint"));
}

TEST_F(Training, ARunIsNotOverwritten) {
  ASSERT_EQ(run_program(arguments("a", 2)).exit_code, 0);
  const Finished again = run_program(arguments("a", 2));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.errors, HasSubstr("--resume"));
}

TEST_F(Training, TakesAMixtureInPartsUntilItGetsNoBetter) {
  const std::string other = draw_figures(folder_ / "others", {.train_identities = 6});
  std::vector<std::string> given = arguments("a", 60) + std::vector<std::string>{"--train", other};
  for (const char* option :
       {"batch.balance=datasets", "batch.shares=[1, 1]", "batch.parts=2", "model.recompute=true",
        "train.validate_every=1", "train.patience=2", "finetune.schedule=multistep",
        "finetune.milestones=[0.3, 0.6]", "optimizer.layer_decay=0.8", "optimizer.encoder_layer_decay=0.9",
        "optimizer.ema=0.9"})
    given.insert(given.end(), {"--set", option});
  const Finished unnamed = run_program(given);
  EXPECT_EQ(unnamed.exit_code, 2);
  EXPECT_THAT(unnamed.errors, HasSubstr("run.validation"));
  const Finished trained =
      run_program(given + std::vector<std::string>{"--set", "run.validation=" + dataset_});
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  EXPECT_THAT(trained.errors, HasSubstr("validations without a better score"));
  const nlohmann::json training = result("a").at("training");
  EXPECT_LT(training.at("finetune").at("steps"), 60);
  EXPECT_EQ(training.at("datasets").at("train").at("format"), "mixture");
  EXPECT_EQ(training.at("datasets").at("train").at("identities"), 14);
}

TEST_F(Training, QuickstartTakesDataWithoutWords) {
  const std::string plain = draw_figures(folder_ / "plain", {.has_captions = false});
  const Finished finished = run_program(tiny_training("quickstart", plain, folder_.path(), 2) +
                                        std::vector<std::string>{"--test", plain});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_THAT(finished.errors, HasSubstr("neither captions nor attributes"));
}

TEST_F(Training, JsonStandsAloneOnStandardOutput) {
  const Finished finished = run_program(arguments("a", 2) + std::vector<std::string>{"--quiet", "--json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(finished.json().at("results").size(), 1U);
  EXPECT_EQ(finished.errors, "");
}

}  // namespace
}  // namespace dmf::test
