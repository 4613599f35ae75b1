// `dmf world` as a user calls it.
#include <gmock/gmock.h>

#include "cli/program.h"
#include "dmf/core/file.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;

class World : public testing::Test {
 protected:
  std::vector<std::string> arguments(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"world",  "--identities", "2",     "--images-per-identity", "2",
                                 "--size", "64x32",        "--out", (folder_ / "w").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  TemporaryFolder folder_;
};

TEST_F(World, MakesASetThatDoctorReads) {
  const Finished made = run_program(arguments({"--sheet", (folder_ / "sheet.png").string(), "--json"}));
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  EXPECT_EQ(made.json().at("results").at(0).at("images"), 4);
  EXPECT_EQ(made.json().at("results").at(0).at("made"), 4);
  EXPECT_THAT(made.errors, HasSubstr("4/4"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "sheet.png"));
  const Finished doctor = run_program({"doctor", made.json().at("dataset"), "--json"});
  EXPECT_EQ(doctor.exit_code, 0) << doctor.errors;
  EXPECT_EQ(doctor.json().at("datasets").at(0).at("images").at("read"), 4);
  const Finished again = run_program(arguments({}));
  EXPECT_THAT(again.output, HasSubstr("2 identities, 4 images (0 made in "));
}

TEST_F(World, ListsItsDomains) {
  const Finished listed = run_program({"world", "--list"});
  EXPECT_EQ(listed.exit_code, 0);
  for (const char* name : {"varied", "campus", "mall", "station", "winter", "night"})
    EXPECT_THAT(listed.output, HasSubstr("\n" + std::string(name) + ": ")) << name;
  EXPECT_EQ(run_program({"world", "--list", "--json"}).json().at("domains").size(), 6U);
}

TEST_F(World, NamesMistakes) {
  const auto refuses = [&](const std::vector<std::string>& more, const std::string& message, int code) {
    const Finished finished = run_program(arguments(more));
    EXPECT_EQ(finished.exit_code, code) << message;
    EXPECT_THAT(finished.errors, HasSubstr(message));
  };
  refuses({"--domain", "malll"}, "did you mean 'mall'?", 2);
  EXPECT_THAT(run_program({"world", "--size", "64", "--out", (folder_ / "s").string()}).errors,
              HasSubstr("--size: expected HEIGHTxWIDTH as in 256x128, got `64`"));
  EXPECT_THAT(run_program({"world", "--seed", "2"}).errors, HasSubstr("--out DIR is missing"));
  write_text(folder_ / "w/mine.txt", "mine");
  refuses({}, "not a world's folder", 3);
}

}  // namespace
}  // namespace dmf::test
