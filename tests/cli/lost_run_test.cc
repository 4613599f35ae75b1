// What the program does so that no run is lost: one process a run folder, signals, kills, damage, changed
// data.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <thread>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class LostRuns : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    dataset_ = draw_figures(folder_ / "figures");
  }

  /// A training whose checkpoints are as near to each other as they can be.
  std::vector<std::string> training(const std::string& name, int steps) const {
    return tiny_training("train", dataset_, folder_ / name, steps) +
           std::vector<std::string>{"--set", "train.checkpoint_minutes=1e-9",
                                    "--set", "train.log_every=1",
                                    "--set", "run.cache=" + (folder_ / "tokens").string()};
  }
  std::filesystem::path run(const std::string& name) const { return folder_ / name / "run"; }
  std::vector<std::string> resuming(const std::string& name) const {
    return {"train", "--resume", "--out", run(name)};
  }
  std::string metrics(const std::string& name) const { return read_text(run(name) / "metrics.jsonl"); }

  TemporaryFolder folder_;
  std::string dataset_;
};

TEST_F(LostRuns, TheSecondProcessInARunFolderIsRefused) {
  Program first(training("a", 4000));
  ASSERT_TRUE(first.tells("stage I, pre-training: ", std::chrono::seconds(120)));
  for (const auto& arguments : {training("a", 4), resuming("a")}) {
    const Finished second = run_program(arguments);
    EXPECT_EQ(second.exit_code, 2) << second.errors;
    EXPECT_THAT(second.errors, AllOf(HasSubstr(run("a").string() + ": process "), HasSubstr(" on host ")));
  }
  first.send(SIGTERM);  // as Slurm and `timeout` do, the latter twice
  first.send(SIGTERM);
  const Finished stopped = first.wait();
  EXPECT_EQ(stopped.exit_code, 130) << stopped.errors;
  EXPECT_THAT(stopped.errors, HasSubstr("--resume goes on from there"));
  EXPECT_TRUE(std::filesystem::exists(run("a") / "checkpoint/newest.safetensors"));
}

TEST_F(LostRuns, KilledOverAndOverDamagedAndMovedARunEndsAsIfNothingHadHappened) {
  ASSERT_EQ(run_program(training("whole", 40)).exit_code, 0);
  const std::string expected = metrics("whole");
  const std::filesystem::path previous = run("killed") / "checkpoint/previous.safetensors";
  {
    Program program(training("killed", 40));
    for (int i = 0; i < 12'000 && !std::filesystem::exists(previous); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(std::filesystem::exists(previous));
    program.send(SIGKILL);
    program.wait();
  }
  for (const int wait : {37, 91, 163}) {
    Program program(resuming("killed"));
    ASSERT_TRUE(program.tells("going on from ", std::chrono::seconds(120)));
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
    program.send(SIGKILL);
    program.wait();
  }
  // Killed between the two renames of a checkpoint, a run has no newest one: as good as a damaged one.
  const std::filesystem::path newest = run("killed") / "checkpoint/newest.safetensors";
  if (std::filesystem::exists(newest))
    std::filesystem::resize_file(newest, std::filesystem::file_size(newest) / 2);
  std::filesystem::rename(folder_ / "figures", folder_ / "moved");
  const Finished lost = run_program(resuming("killed"));
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_THAT(lost.errors, HasSubstr((folder_ / "figures").string()));

  std::filesystem::rename(folder_ / "moved", folder_ / "figures");
  const Finished resumed = run_program(resuming("killed"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.errors;
  EXPECT_THAT(resumed.errors, HasSubstr("going on from the checkpoint before it"));
  EXPECT_EQ(metrics("killed"), expected) << "every loss, bit for bit";
  const nlohmann::json result = nlohmann::json::parse(read_text(run("killed") / "result.json"));
  EXPECT_GT(result.at("training").at("pretrain").at("loss"), 0) << "kept over the kills";
}

TEST_F(LostRuns, ADatasetThatHasChangedIsRefused) {
  Program program(training("a", 4000));
  ASSERT_TRUE(program.tells("stage I, pre-training: ", std::chrono::seconds(120)));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  program.send(SIGINT);
  ASSERT_EQ(program.wait().exit_code, 130);
  std::ofstream(folder_ / "figures/3_c1_0.ppm", std::ios::app) << "   ";
  const Finished resumed = run_program(resuming("a"));
  EXPECT_EQ(resumed.exit_code, 3) << resumed.errors;
  EXPECT_THAT(resumed.errors, AllOf(HasSubstr("cannot resume, the data of stage"), HasSubstr("figures")));
}

/// Runs the program where no file may have more than `bytes`, as on a disk that is full.
Finished run_limited(const std::vector<std::string>& arguments, rlim_t bytes) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{bytes, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const Finished finished = run_program(arguments);
  ::setrlimit(RLIMIT_FSIZE, &before);
  return finished;
}

TEST_F(LostRuns, AFullDiskIsAnErrorThatNamesTheFile) {
  ASSERT_EQ(run_program(training("first", 1)).exit_code, 0) << "builds the token store";
  const auto size = [&](const char* file) { return std::filesystem::file_size(run("first") / file); };
  const rlim_t model_alone = size("model.safetensors") - 1000;
  ASSERT_LT(size("checkpoint/previous.safetensors"), model_alone)
      << "the text encoder is in the model file alone";
  const std::pair<rlim_t, std::string> limits[] = {{50'000, "checkpoint/next.safetensors"},
                                                   {model_alone, "model.safetensors"}};
  std::vector<std::string> arguments = training("a", 3);
  for (const auto& [bytes, file] : limits) {
    const Finished full = run_limited(arguments, bytes);
    EXPECT_EQ(full.exit_code, 3) << full.errors;
    EXPECT_THAT(full.errors, HasSubstr((run("a") / file).string() + ": cannot write: File too large"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(run("a")))
      EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
    EXPECT_FALSE(std::filesystem::exists(run("a") / "model.safetensors"));
    arguments = resuming("a");
  }
  const Finished resumed = run_program(arguments);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.errors;
  EXPECT_TRUE(std::filesystem::exists(run("a") / "model.safetensors"));
}

}  // namespace
}  // namespace dmf::test
