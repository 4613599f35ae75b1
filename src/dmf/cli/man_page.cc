#include "dmf/cli/man_page.h"

#include <fmt/ranges.h>

#include "dmf/cli/exit_codes.h"
#include "dmf/core/error.h"
#include "dmf/core/version.h"

namespace dmf::cli {
namespace {

/// Text as man reads it: nothing in it is a request.
std::string escaped(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool starts_line = i == 0 || text[i - 1] == '\n';
    if (starts_line && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string flag_entry(const Flag& flag) {
  std::string text = ".TP\n\\fB" + escaped(fmt::format("{}", fmt::join(flag.names, ", "))) + "\\fR";
  if (!flag.kind.empty() && !flag.is_positional) text += " \\fI" + escaped(flag.kind) + "\\fR";
  text += "\n" + escaped(flag.help);
  if (flag.is_required) text += " (required)";
  if (!flag.standard.empty()) text += escaped(fmt::format(" (default {})", flag.standard));
  return text + "\n";
}

std::string command_section(const ListedCommand& command) {
  std::string text = fmt::format(".SS dmf {}\n{}.\n", escaped(command.name), escaped(command.summary));
  for (const Flag& flag : command.flags) text += flag_entry(flag);
  return text + ".PP\nExample:\n.PP\n.nf\n.RS\n" + escaped(command.example) + "\n.RE\n.fi\n";
}

}  // namespace

std::string man_page(const std::vector<ListedCommand>& commands, const std::vector<Option>& options) {
  std::string text = fmt::format(
      ".TH DMF 1 \"\" \"dmf {}\" \"User commands\"\n"
      ".SH NAME\ndmf \\- person re-identification that learns from images and words\n"
      ".SH SYNOPSIS\n\\fBdmf\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR] [\\fIARGUMENTS\\fR]\n"
      ".SH DESCRIPTION\nTrains an embedding on crops of pedestrians, tests it on other cameras, and turns "
      "pictures "
      "or sentences into vectors that can be compared.\n.SH COMMANDS\n",
      version());
  for (const ListedCommand& command : commands) text += command_section(command);
  text +=
      ".SH OPTIONS OF A RUN\nKeys of a configuration file and of \\fB\\-\\-set\\fR "
      "\\fItable.key=value\\fR.\n";
  for (const Option& option : options) {
    text += fmt::format(".TP\n\\fB{}\\fR = {}\n{} ({})\n", escaped(option.key),
                        escaped(option.standard.dump()), escaped(option.help), escaped(option.allowed));
  }
  text += fmt::format(".SH EXIT STATUS\n{}\n", escaped(kExitCodes));
  text +=
      ".SH ENVIRONMENT\n.TP\n\\fBDMF_PACKAGES\\fR\nFolder of the pre\\-trained encoders, in the place of "
      "those that were "
      "installed.\n.TP\n\\fBOMP_NUM_THREADS\\fR\nThreads of the numerical work.\n";
  return text;
}

}  // namespace dmf::cli
