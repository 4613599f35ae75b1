#include <gmock/gmock.h>

#include "cli/program.h"
#include "dmf/core/file.h"
#include "support/miniature_datasets.h"

namespace {

using dmf::test::Finished;
using dmf::test::run_program;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Doctor : public ::testing::Test {
 protected:
  dmf::test::TemporaryFolder folder_;
};

TEST_F(Doctor, TellsWhatADatasetIs) {
  const auto root = dmf::test::make_miniature("msmt17-v2", folder_.path());
  const Finished words = run_program({"doctor", "msmt17:" + root.string()});
  EXPECT_THAT(words.output, HasSubstr("msmt17 (V2): not the published counts (compared with msmt17)"));
  EXPECT_THAT(words.output, HasSubstr("32 (32621)"));
  EXPECT_THAT(words.output, HasSubstr("8 (1041)"));
  const Finished finished = run_program({"doctor", root.string(), "--json"});
  const nlohmann::json report = finished.json().at("datasets").at(0);
  EXPECT_EQ(report.at("dataset"), "msmt17");
  EXPECT_EQ(report.at("variant"), "V2");
  EXPECT_EQ(report.at("splits").at("train").at("images"), 32);
  EXPECT_EQ(report.at("published").at("gallery").at("identities"), 3060);
  EXPECT_EQ(report.at("images").at("read"), 48);
}

TEST_F(Doctor, EndsWithADataErrorWhereTrainingWouldBeWrong) {
  const auto root = dmf::test::make_miniature("market1501", folder_.path());
  dmf::write_text(root / "bounding_box_train/0002_c1s1_999999_01.jpg", "");
  const Finished finished = run_program({"doctor", "market1501:" + root.string()});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.output, HasSubstr("!! problem      empty files: 1: "));
  EXPECT_THAT(finished.errors, HasSubstr("doctor found"));
  const Finished names = run_program({"doctor", "market1501:" + root.string(), "--names-only", "--json"});
  EXPECT_EQ(names.exit_code, 0) << "without reading images the empty one is not seen";
  EXPECT_FALSE(names.json().at("datasets").at(0).contains("images"));
}

TEST_F(Doctor, NamesTheFolderThatWasMeant) {
  const auto root = dmf::test::make_miniature("viper", folder_.path());
  const Finished finished = run_program({"doctor", "viper:" + folder_.path().string()});
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_THAT(finished.errors, HasSubstr("did you mean " + root.string()));
}

}  // namespace
