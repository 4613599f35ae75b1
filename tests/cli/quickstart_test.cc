// Quickstart without a dataset: worlds, two models, pictures, and going on in the same folder.
#include <fmt/format.h>
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

/// A page about quickstart's folder; attention maps, an ONNX file and the pointing game of its first model.
void expect_reports(const std::filesystem::path& folder) {
  const std::filesystem::path run = folder / "dmf", world = folder / "world/source";
  const Finished page = run_program({"report", folder.string(), "--queries", "2", "--hardest", "1",
                                     "--answers", "3", "--attention", "1", "--private"});
  ASSERT_EQ(page.exit_code, 0) << page.errors;
  const std::string html = read_text(folder / "report/report.html");
  for (const char* part :
       {"results", "curves", "ranked", "hardest", "cameras", "attention", "distance", "datasets", "model"})
    EXPECT_THAT(html, HasSubstr(fmt::format("<section id=\"{}\">", part)));
  EXPECT_THAT(html, HasSubstr("data:image/jpeg;base64,"));
  EXPECT_THAT(html, Not(HasSubstr("Measured again"))) << "the figures come out as they were stored";
  const nlohmann::json result = nlohmann::json::parse(read_text(folder / "result.json")).at("results").at(0);
  EXPECT_THAT(html, HasSubstr(fmt::format("{:.2f}<small>", result.at("map").get<double>())));

  std::filesystem::path image;
  for (const auto& entry : std::filesystem::directory_iterator(world)) {
    if (entry.path().extension() == ".jpg") image = entry.path();
  }
  const Finished attention =
      run_program({"report", "attention", image.string(), "--model", (run / "model.safetensors").string(),
                   "--text", "a woman with a red backpack", "--pair", image.string(), image.string(), "--out",
                   (run / "maps").string(), "--json"});
  ASSERT_EQ(attention.exit_code, 0) << attention.errors;
  const nlohmann::json maps = attention.json().at("results");
  ASSERT_EQ(maps.size(), 6U) << "two of the image, two words, two of the pair";
  for (const nlohmann::json& map : maps) {
    EXPECT_EQ(map.at("values").size(), map.at("rows").get<size_t>() * map.at("columns").get<size_t>());
    EXPECT_TRUE(std::filesystem::exists(run / "maps" / map.at("file").get<std::string>()));
  }
  const Finished pointing =
      run_program({"report", "pointing", "--model", (run / "model.safetensors").string(), "--identities", "2",
                   "--samples", "2", "--json"});
  ASSERT_EQ(pointing.exit_code, 0) << pointing.errors;
  EXPECT_EQ(pointing.json().at("results").at(0).at("images"), 4);
  const double chance = pointing.json().at("results").at(0).at("chance_on_it");
  EXPECT_GT(chance, 5) << "a person covers a part of the picture";
  EXPECT_LT(chance, 95);
}

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
  for (const char* name : {"contact_sheet.png", "report/ranked-unseen-dmf.png", "report/report.html",
                           "dmf/model.safetensors", "images/model.safetensors"})
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

  expect_reports(run);
  const Finished again = run_program(arguments);
  ASSERT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.errors, HasSubstr("is trained"));
  EXPECT_THAT(again.errors, Not(HasSubstr("testing")));
}

}  // namespace
}  // namespace dmf::test
