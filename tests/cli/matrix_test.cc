// Training sets x test sets: one model a row, cells that are kept, a kill in between.
#include <gmock/gmock.h>
#include <signal.h>

#include "cli/paper_runs.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Matrix : public testing::Test {
 protected:
  void SetUp() override {
    if (packages().empty()) GTEST_SKIP() << "no .deps/site";
    make_paper_datasets(folder_ / "data");
  }
  std::vector<std::string> arguments(const std::string& out) const {
    return std::vector<std::string>{"matrix",      "configs/paper/table2-market1501-to-cuhk03.toml",
                                    "--data-root", (folder_ / "data").string(),
                                    "--train",     "market1501:",
                                    "--train",     "msmt17_all:",
                                    "--test",      "market1501:",
                                    "--test",      "msmt17:",
                                    "--out",       (folder_ / out).string()} +
           shrunk(folder_ / "tokens") + std::vector<std::string>{"--set", "pretrain.epochs=0"};
  }
  std::string file(const std::string& name) const { return read_text(folder_ / name); }

  TemporaryFolder folder_;
};

TEST_F(Matrix, AKilledOneGoesOnAndADoneOneDoesNothing) {
  {
    Program program(arguments("m"));
    ASSERT_TRUE(program.tells("(2 of 2): training", std::chrono::seconds(120)));
    program.send(SIGKILL);
    program.wait();
  }
  // The first row was trained and tested before; its own test half, and the test images that msmt17_all
  // trains on, are left out.
  const std::string first = "m/market1501-Market-1501-v15.09.15/";
  const std::string model = sha256(file(first + "model.safetensors"));
  EXPECT_THAT(file("m/matrix.md"), HasSubstr("| Market-1501-v15.09.15 (market1501) | - | "));
  const std::string cell = file(first + "tests/msmt17-MSMT17_V1.json");

  const Finished finished = run_program(arguments("m"));
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_THAT(finished.errors, HasSubstr("is trained"));
  EXPECT_EQ(sha256(file(first + "model.safetensors")), model);
  EXPECT_EQ(file(first + "tests/msmt17-MSMT17_V1.json"), cell);
  EXPECT_THAT(finished.output, HasSubstr("MSMT17_V1 (msmt17_all)"));
  const nlohmann::json table = nlohmann::json::parse(file("m/matrix.json"));
  std::vector<std::string> states;
  for (const auto& entry : table.at("cells")) states.push_back(entry.at("state"));
  EXPECT_THAT(states, testing::ElementsAre("skipped", "done", "done", "skipped"));
  const double ours = table.at("cells").at(1).at("result").at("map");
  EXPECT_EQ(nlohmann::json::parse(cell).at("result").at("map"), ours);

  const Finished again = run_program(arguments("m") + std::vector<std::string>{"--json"});
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.errors, Not(HasSubstr("stage II"))) << "nothing is trained again";
  EXPECT_THAT(again.errors, Not(HasSubstr("testing"))) << "nor tested";
  EXPECT_EQ(again.json().at("cells"), table.at("cells"));

  const Finished other = run_program(arguments("m") + std::vector<std::string>{"--set", "model.depth=2"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.errors, HasSubstr("other options"));
}

TEST_F(Matrix, AMistakeInTheLastSetIsFoundBeforeTheFirstTraining) {
  const Finished finished =
      run_program(arguments("m") + std::vector<std::string>{"--test", "cuhk03:/nowhere"});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.errors, HasSubstr("/nowhere"));
  EXPECT_THAT(finished.errors, Not(HasSubstr("(1 of 2): training")));
}

TEST_F(Matrix, ASetWithoutWordsIsFoundBeforeTheFirstTraining) {
  // Stage I from the training sets themselves: none of them has a caption.
  const Finished finished = run_program(
      arguments("m") + std::vector<std::string>{"--set", "run.pretrain=", "--set", "pretrain.epochs=1"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("neither captions nor attributes"));
}

}  // namespace
}  // namespace dmf::test
