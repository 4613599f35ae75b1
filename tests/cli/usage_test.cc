// What a user sees who types something: help, mistakes and their exit codes, JSON, and the generated
// reference.
#include <gmock/gmock.h>

#include "cli/program.h"
#include "dmf/core/file.h"

namespace dmf::test {
namespace {

using testing::HasSubstr;

TEST(Usage, HelpListsTheCommandsAndSucceeds) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"help"}, {"--help"}, {"-h"}}) {
    const Finished finished = run_program(arguments);
    EXPECT_EQ(finished.exit_code, 0);
    for (const char* command : {"quickstart", "train", "eval", "matrix", "embed", "translate", "world",
                                "fetch", "doctor", "bench", "version"}) {
      EXPECT_THAT(finished.output, HasSubstr(std::string("\n  ") + command + " "));
    }
  }
}

TEST(Usage, EveryCommandHasHelpWithAnExample) {
  const std::string commands = run_program({"help", "--markdown"}).output;
  int64_t count = 0;
  for (size_t at = 0; (at = commands.find("\n## dmf ", at)) != std::string::npos; ++at) {
    const size_t name = at + 8;
    const std::string command = commands.substr(name, commands.find('\n', name) - name);
    const Finished finished = run_program({command, "--help"});
    EXPECT_EQ(finished.exit_code, 0) << command;
    EXPECT_THAT(finished.output, HasSubstr("Example:\n  dmf " + command));
    EXPECT_THAT(finished.output, HasSubstr("--quiet"));
    EXPECT_EQ(finished.errors, "");
    ++count;
  }
  EXPECT_GE(count, 7);
}

TEST(Usage, ReferenceIsUpToDate) {
  EXPECT_EQ(run_program({"help", "--markdown"}).output, read_text(project_root() / "docs/cli.md"))
      << "run: ./dmf help --markdown > docs/cli.md";
}

TEST(Usage, UnknownCommandSuggestsTheNearest) {
  const Finished finished = run_program({"trian"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("unknown command `trian`; did you mean `dmf train`?"));
  EXPECT_EQ(finished.output, "");
}

TEST(Usage, UnknownFlagPointsToHelp) {
  const Finished finished = run_program({"version", "--colour"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("--colour"));
  EXPECT_THAT(finished.errors, HasSubstr("`dmf version --help`"));
}

TEST(Usage, QuietAndVerboseExcludeEachOther) {
  EXPECT_EQ(run_program({"version", "--quiet", "--verbose"}).exit_code, 2);
}

TEST(Usage, VersionAsJson) {
  const nlohmann::json document = run_program({"version", "--json"}).json();
  EXPECT_EQ(document.at("version"), "0.1.0");
  EXPECT_EQ(document.at("libtorch").get<std::string>().substr(0, 2), "2.");
  EXPECT_TRUE(document.contains("revision"));
}

TEST(Usage, DoctorNamesWhatItLookedAt) {
  const Finished finished = run_program({"doctor", "--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  const nlohmann::json document = finished.json();
  std::vector<std::string> topics;
  for (const auto& finding : document.at("findings")) topics.push_back(finding.at("topic"));
  EXPECT_THAT(topics, testing::IsSupersetOf({"processor", "bfloat16", "memory", "libtorch", "CUDA"}));
}

TEST(Usage, BenchMeasuresEachRowApart) {
  const Finished finished =
      run_program({"bench", "load", "load", "--seconds", "0.01", "--batch", "8", "--json"});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  const nlohmann::json results = finished.json().at("results");
  ASSERT_EQ(results.size(), 2U);
  for (const auto& result : results) {
    EXPECT_EQ(result.at("row"), "load");
    EXPECT_GT(result.at("images_per_second"), 0);
    EXPECT_GT(result.at("peak_memory_bytes"), 0);
  }
}

TEST(Usage, BenchNamesItsRows) {
  const Finished finished = run_program({"bench", "train-vit"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.errors, HasSubstr("train-vit-b"));
}

TEST(Usage, OutputThatCannotBeWrittenIsAFailure) {
  // The shell gives the program a full disk as standard output.
  const std::string command = std::string("'") + DMF_PROGRAM + "' version > /dev/full 2> /dev/null";
  const int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace
}  // namespace dmf::test
