// A training by several processes, launched by the variables that torchrun sets.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "dmf/core/npy.h"
#include "support/development_data.h"
#include "support/free_port.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RankedTraining : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    dataset_ = draw_figures(folder_ / "figures");
  }

  std::vector<std::string> training(const std::string& name, int steps) const {
    return tiny_training("train", dataset_, folder_ / name, steps) +
           std::vector<std::string>{"--set",  "run.cache=" + cache(name).string(),
                                    "--set",  "train.log_every=1",
                                    "--set",  "train.checkpoint_minutes=1e-9",
                                    "--set",  "optimizer.name=sgd",
                                    "--set",  "pretrain.learning_rate=0.001",
                                    "--set",  "finetune.learning_rate=0.001",
                                    "--test", dataset_};
  }
  /// Starts the program as ranks 0 … size - 1.
  static std::vector<std::unique_ptr<Program>> launch(const std::vector<std::string>& arguments, int size) {
    const std::string port = std::to_string(free_port());
    std::vector<std::unique_ptr<Program>> ranks;
    ::setenv("WORLD_SIZE", std::to_string(size).c_str(), 1);
    ::setenv("MASTER_ADDR", "127.0.0.1", 1);
    ::setenv("MASTER_PORT", port.c_str(), 1);
    for (int rank = 0; rank < size; ++rank) {
      ::setenv("RANK", std::to_string(rank).c_str(), 1);
      ranks.push_back(std::make_unique<Program>(arguments));
    }
    for (const char* name : {"WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "RANK"}) ::unsetenv(name);
    return ranks;
  }
  std::filesystem::path run(const std::string& name) const { return folder_ / name / "run"; }
  std::filesystem::path cache(const std::string& name) const { return folder_ / name / "tokens"; }
  /// What a run's token stores hold, by file name.
  std::map<std::string, std::string> stores(const std::string& name) const {
    std::map<std::string, std::string> found;
    for (const auto& file : std::filesystem::directory_iterator(cache(name))) {
      if (file.path().extension() != ".lock") found[file.path().filename()] = read_text(file.path());
    }
    return found;
  }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> values;
    std::ifstream file(run(name) / "metrics.jsonl");
    for (std::string line; std::getline(file, line);) {
      const nlohmann::json entry = nlohmann::json::parse(line);
      if (entry.contains("loss")) values.push_back(entry.at("loss"));
    }
    return values;
  }

  TemporaryFolder folder_;
  std::string dataset_;
};

TEST_F(RankedTraining, TwoProcessesGiveTheLossesOfOne) {
  const Finished alone = run_program(training("alone", 10));
  ASSERT_EQ(alone.exit_code, 0) << alone.errors;
  const auto ranks = launch(training("two", 10), 2);
  for (const auto& rank : ranks) {
    const Finished finished = rank->wait();
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_EQ(finished.output.empty(), rank != ranks.front()) << "the first alone reports";
  }
  EXPECT_FALSE(stores("alone").empty());
  EXPECT_EQ(stores("two"), stores("alone")) << "built together, byte for byte";
  const std::vector<double> expected = losses("alone"), got = losses("two");
  ASSERT_EQ(got.size(), expected.size());
  ASSERT_EQ(got.size(), 20U);
  // Later steps differ by what rounding grows to: flat pictures of few persons are an ill-conditioned
  // problem.
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(got[i], expected[i], 1e-5 * expected[i]) << "step " << i;
  EXPECT_NEAR(got[10], expected[10], 1e-3 * expected[10]) << "stage II begins";
  EXPECT_TRUE(std::filesystem::exists(run("two") / "model.safetensors"));
}

TEST_F(RankedTraining, ThreeProcessesEmbedWhatOneDoes) {
  const Finished trained = run_program(training("alone", 2));
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  const auto embed = [&](const std::string& name) {
    return std::vector<std::string>{"embed",   "--model", run("alone") / "model.safetensors", "--precision",
                                    "float32", "--out",   folder_ / (name + ".npy"),          dataset_};
  };
  ASSERT_EQ(run_program(embed("one")).exit_code, 0);
  for (const auto& rank : launch(embed("three"), 3)) {
    const Finished finished = rank->wait();
    ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  }
  for (const char* kind : {".txt", ".csv"})
    EXPECT_EQ(read_text(folder_ / (std::string("one") + kind)),
              read_text(folder_ / (std::string("three") + kind)));
  const torch::Tensor one = read_npy(folder_ / "one.npy"), three = read_npy(folder_ / "three.npy");
  EXPECT_TRUE(at::allclose(three, one, 0, 1e-5)) << "batches of other sizes round otherwise, no more";
}

TEST_F(RankedTraining, ARankThatDiesIsNamedAndTheRunGoesOn) {
  auto ranks = launch(training("two", 3000), 2);
  ASSERT_TRUE(ranks[0]->tells("stage I, pre-training: ", std::chrono::seconds(120)));
  for (int i = 0; i < 600 && !std::filesystem::exists(run("two") / "checkpoint/previous.safetensors"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ranks[1]->send(SIGKILL);
  const Finished first = ranks[0]->wait();
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.errors,
              AllOf(HasSubstr("rank 1 of 2 (process "), HasSubstr("is gone"), HasSubstr("--resume")));
  ranks = launch({"train", "--resume", "--out", run("two")}, 2);
  ASSERT_TRUE(ranks[0]->tells("going on from step", std::chrono::seconds(120)));
  ranks[1]->send(SIGTERM);  // told to one, both stop
  for (const auto& rank : ranks) EXPECT_EQ(rank->wait().exit_code, 130);
}

}  // namespace
}  // namespace dmf::test
