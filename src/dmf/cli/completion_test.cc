#include "dmf/cli/completion.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>

#include "dmf/cli/man_page.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

Flag value_flag(const std::string& name, const std::string& kind, std::vector<std::string> choices = {}) {
  Flag flag;
  flag.names = {name};
  flag.kind = kind;
  flag.choices = std::move(choices);
  flag.help = "the user's [own]: choice";
  flag.needs_value = true;
  return flag;
}

std::vector<ListedCommand> two_commands() {
  Flag action = value_flag("action", "ACTION", {"add", "info"});
  action.is_positional = true;
  Flag json;
  json.names = {"--json", "-j"};
  return {{"index", "Keeps pictures", "dmf index add", {action, json}},
          {"train",
           "Trains",
           "dmf train",
           {value_flag("--set", "KEY=VALUE"), value_flag("--split", "TEXT", {"a", "b"})}}};
}

/// What bash would offer behind `words`; the last one is being typed.
std::vector<std::string> offered(const std::string& words) {
  const test::TemporaryFolder folder;
  write_text(folder / "dmf.bash", completion_script("bash", two_commands(), {"loss.margin", "run.seed"}));
  const std::string script =
      "compopt() { :; }; . '" + (folder / "dmf.bash").string() + "'; cd '" + folder.path().string() +
      "'; COMP_WORDS=(dmf " + words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dmf; printf '%s\\n' \"${COMPREPLY[@]}\"";
  write_text(folder / "ask.sh", script);
  FILE* pipe = popen(("bash '" + (folder / "ask.sh").string() + "'").c_str(), "r");
  std::vector<std::string> lines;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
    lines.emplace_back(line.data());
    lines.back().pop_back();
  }
  EXPECT_EQ(pclose(pipe), 0);
  return lines;
}

TEST(Completion, BashOffersWhatFits) {
  EXPECT_THAT(offered("''"), ElementsAre("index", "train"));
  EXPECT_THAT(offered("tr"), ElementsAre("train"));
  EXPECT_THAT(offered("index ''"), ElementsAre("add", "info"));
  EXPECT_THAT(offered("index --"), ElementsAre("--json"));
  EXPECT_THAT(offered("train --s"), ElementsAre("--set", "--split"));
  EXPECT_THAT(offered("train --split ''"), ElementsAre("a", "b"));
  EXPECT_THAT(offered("train --set lo"), ElementsAre("loss.margin="));
  EXPECT_THAT(offered("index add dmf"), ElementsAre("dmf.bash")) << "file names where nothing else is known";
}

TEST(Completion, ZshAndFishNameEveryCommandAndFlag) {
  const std::string zsh = completion_script("zsh", two_commands(), {"run.seed"});
  EXPECT_THAT(zsh, AllOf(HasSubstr("#compdef dmf"), HasSubstr("'train:Trains'"), HasSubstr("*--json["),
                         HasSubstr("the user'\\''s \\[own\\]\\: choice"), HasSubstr("(run.seed=)"),
                         HasSubstr("1:what:(add info)")));
  const std::string fish = completion_script("fish", two_commands(), {"run.seed"});
  EXPECT_THAT(fish, AllOf(HasSubstr("-a index -d 'Keeps pictures'"), HasSubstr(" -l json -s j"),
                          HasSubstr(" -l split -r -f -a 'a b'"), HasSubstr("-a 'run.seed='")));
  EXPECT_THROW(completion_script("csh", two_commands(), {}), InvalidArgument);
}

TEST(ManPage, IsTextToManWhateverItHolds) {
  std::vector<ListedCommand> commands = two_commands();
  commands[0].example = ".dmf \\index";
  const Option option{"run.seed", "of all draws", "0 …", 7, {}, {}};
  const std::string page = man_page(commands, {option});
  EXPECT_THAT(
      page, AllOf(HasSubstr(".TH DMF 1"), HasSubstr(".SS dmf index\n"), HasSubstr("\\fB\\-\\-json, \\-j\\fR"),
                  HasSubstr("\n\\&.dmf \\eindex\n"), HasSubstr("\\fBrun.seed\\fR = 7\nof all draws (0 …)"),
                  HasSubstr(".SH EXIT STATUS\n0 ok")));
}

}  // namespace
}  // namespace dmf::cli
