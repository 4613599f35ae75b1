#include "dmf/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

/// Length of the longest common subsequence: how many letters of a mistyped name are right.
size_t common_letters(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1, 0);
  for (const char letter : a) {
    size_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = letter == b[j - 1] ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// Each line two places in.
std::string indented(const std::string& text) {
  std::string result = "  ";
  for (const char character : text) {
    result += character;
    if (character == '\n') result += "  ";
  }
  return result;
}

}  // namespace

DeclaredCommand declare(const Command& command) {
  DeclaredCommand declared;
  declared.app = std::make_shared<CLI::App>(command.summary, "dmf " + command.name);
  declared.log_level = std::make_shared<std::string>("normal");
  declared.app->set_help_flag("--help,-h", "show this help");
  declared.app->footer("Example:\n" + indented(command.example));
  declared.body = command.declare(*declared.app);
  const auto level = declared.log_level;
  auto* quiet = declared.app->add_flag_callback(
      "--quiet", [level] { *level = "quiet"; }, "show errors and results only");
  declared.app
      ->add_flag_callback(
          "--verbose", [level] { *level = "verbose"; }, "tell more")
      ->excludes(quiet);
  return declared;
}

const Command& find_command(const std::vector<Command>& table, const std::string& name) {
  const Command* nearest = nullptr;
  double best = 0.5;  // less alike than this and a suggestion would only puzzle
  for (const Command& command : table) {
    if (command.name == name) return command;
    const double alike = 2.0 * static_cast<double>(common_letters(command.name, name)) /
                         static_cast<double>(command.name.size() + name.size());
    if (alike > best) {
      best = alike;
      nearest = &command;
    }
  }
  const std::string suggestion =
      nearest == nullptr ? "" : fmt::format("did you mean `dmf {}`? ", nearest->name);
  throw InvalidArgument(fmt::format("unknown command `{}`; {}`dmf help` lists them", name, suggestion));
}

bool parse(const Command& command, const DeclaredCommand& declared,
           const std::vector<std::string>& arguments) {
  try {
    // CLI11 takes the arguments from the back.
    declared.app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::fputs(declared.app->help().c_str(), stdout);
    return false;
  } catch (const CLI::ParseError& error) {
    throw InvalidArgument(fmt::format("{}; `dmf {} --help` tells the flags", error.what(), command.name));
  }
  return true;
}

}  // namespace dmf::cli
