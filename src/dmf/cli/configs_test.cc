// Every configuration that comes with the program: known keys, values in range, and the paper's are the
// paper's.
#include <gmock/gmock.h>

#include <set>

#include "dmf/cli/paper.h"
#include "dmf/cli/run_options.h"
#include "dmf/core/file.h"

namespace dmf::cli {
namespace {

std::vector<std::filesystem::path> configurations(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

RunOptions loaded(const std::filesystem::path& file) {
  RunOptions options;
  options.table().load_toml(file);
  return options;
}

std::string format_of(const std::string& dataset) { return dataset.substr(0, dataset.find(':')); }

StageOne stage_one_of(const RunOptions& options) {
  const double text = options.train.batch.sampler.text_fraction;
  if (options.train.pretrain.epochs == 0) return StageOne::kNone;
  if (text == 0) return StageOne::kImages;
  return text == 1 ? StageOne::kTexts : StageOne::kImagesAndTexts;
}

TEST(Configurations, AllLoad) {
  const auto files = configurations("configs");
  EXPECT_GE(files.size(), 15U);
  for (const auto& file : files) EXPECT_NO_THROW(loaded(file)) << file;
}

TEST(Configurations, ThePapersDifferInItsTablesRowsAlone) {
  std::set<std::string> kinds;
  for (const auto& file : configurations("configs/paper")) {
    nlohmann::json values = loaded(file).values();
    for (const char* key : {"train", "test", "pretrain"}) values["run"].erase(key);
    values["batch"].erase("text_fraction");
    values["pretrain"].erase("epochs");
    kinds.insert(values.dump());
  }
  EXPECT_EQ(kinds.size(), 1U);
}

TEST(Configurations, ThePapersFollowSectionFour) {
  const RunOptions options = loaded("configs/paper/table2-market1501-to-msmt17.toml");
  EXPECT_EQ(options.image.height, 256);
  EXPECT_EQ(options.image.width, 128);
  EXPECT_EQ(options.train.batch.sampler.identities * options.train.batch.sampler.samples, 64);
  EXPECT_EQ(options.train.batch.sampler.samples, 4);
  EXPECT_EQ(options.train.optimizer.name, "sgd");
  EXPECT_EQ(options.train.optimizer.momentum, 0.9);
  EXPECT_EQ(options.train.optimizer.weight_decay, 1e-4);
  for (const train::StageOptions* stage : {&options.train.pretrain, &options.train.finetune}) {
    EXPECT_EQ(stage->epochs, 120);
    EXPECT_EQ(stage->learning_rate, 0.01);
  }
  EXPECT_EQ(options.train.loss.triplet.distance, "squared");
  EXPECT_EQ(options.run.pretrain, "finegpr:?per_identity=11&seed=0");
}

TEST(Configurations, ThereIsOneForEachFigureOfThePaperAndItSaysWhich) {
  std::set<std::string> covered;
  for (const auto& file : configurations("configs/paper")) {
    const RunOptions options = loaded(file);
    const std::string text = read_text(file);
    EXPECT_THAT(text, testing::HasSubstr("dmf train " + file.string())) << "the command that runs it";
    for (const std::string& test : options.run.test) {
      const auto figure = paper_figure(format_of(options.run.train), stage_one_of(options), format_of(test));
      ASSERT_TRUE(figure.has_value()) << file << " " << test;
      EXPECT_THAT(text, testing::HasSubstr(figure_text(*figure))) << file;
      EXPECT_TRUE(covered.insert(figure_name(*figure)).second) << figure_name(*figure);
    }
  }
  EXPECT_EQ(covered.size(), paper_figures().size());
}

}  // namespace
}  // namespace dmf::cli
