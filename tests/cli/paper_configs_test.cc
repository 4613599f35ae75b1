// Every configuration of configs/paper from end to end, shrunk, on miniatures of the paper's datasets.
#include <gmock/gmock.h>

#include <memory>

#include "cli/paper_runs.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> paper_configurations() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(project_root() / "configs/paper"))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// What a run of the configuration `name` must have done.
void expect_right(const std::string& name, const Finished& finished) {
  SCOPED_TRACE(name);
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const nlohmann::json document = finished.json();
  EXPECT_EQ(document.at("results").size(), name.rfind("table1", 0) == 0 ? 3U : 1U);
  const nlohmann::json& training = document.at("training");
  const std::string stage_one = training.at("stage_one");
  EXPECT_EQ(stage_one, name == "table1-none"    ? "none"
                       : name == "table1-text"  ? "texts"
                       : name == "table1-image" ? "images"
                                                : "images and texts");
  EXPECT_EQ(training.at("pretrain").at("steps") > 0, stage_one != "none");
  EXPECT_GT(training.at("finetune").at("steps"), 0);
  EXPECT_FALSE(document.at("results").at(0).contains("paper")) << "a miniature is not the paper's set";
}

TEST(PaperConfigs, RunFromEndToEnd) {
  if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  const TemporaryFolder folder;
  make_paper_datasets(folder / "data");
  const std::vector<std::string> names = paper_configurations();
  EXPECT_EQ(names.size(), 13U);
  constexpr size_t kAtOnce = 3;  // each spends half its time starting up
  for (size_t first = 0; first < names.size(); first += kAtOnce) {
    std::vector<std::unique_ptr<Program>> programs;
    const size_t last = std::min(first + kAtOnce, names.size());
    for (size_t i = first; i < last; ++i) {
      const std::vector<std::string> arguments = {
          "train", "configs/paper/" + names[i] + ".toml", "--data-root", (folder / "data").string(),
          "--out", (folder / names[i]).string(),          "--json",      "-"};
      programs.push_back(std::make_unique<Program>(arguments + shrunk(folder / ("tokens-" + names[i]))));
    }
    for (size_t i = first; i < last; ++i) expect_right(names[i], programs[i - first]->wait());
  }
}

TEST(PaperConfigs, WithoutTheEncodersTheySayHowToGetThem) {
  const TemporaryFolder folder;
  make_paper_datasets(folder / "data");
  ::setenv("DMF_WEIGHTS", (folder / "weights").c_str(), 1);
  const Finished finished = run_program({"train", "configs/paper/table1-none.toml", "--data-root",
                                         (folder / "data").string(), "--out", (folder / "run").string()});
  ::unsetenv("DMF_WEIGHTS");
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.errors, HasSubstr("`dmf fetch data2vec-vision-base`"));
  EXPECT_THAT(finished.errors, HasSubstr((folder / "weights").string()));
}

TEST(PaperConfigs, WithoutTheDatasetsTheySayWhereTheyWereLookedFor) {
  const TemporaryFolder folder;
  const Finished finished =
      run_program({"train", "configs/paper/table1-none.toml", "--data-root", folder.path().string()});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.errors, HasSubstr("dukemtmc:"));
  EXPECT_THAT(finished.errors, HasSubstr("DukeMTMC-reID"));
}

}  // namespace
}  // namespace dmf::test
