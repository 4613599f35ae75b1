#include "dmf/cli/flag_list.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "dmf/cli/parse.h"

namespace dmf::cli {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string::size_type from = 0, to = 0;
  while ((to = text.find(separator, from)) != std::string::npos) {
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

/// "TEXT:{a,b}" names all that there are; of "FILE|distance|attention" the small words stand for themselves.
std::vector<std::string> choices_of(const std::string& kind) {
  const auto set = kind.find(":{");
  if (set != std::string::npos) return split(kind.substr(set + 2, kind.find('}') - set - 2), ',');
  std::vector<std::string> words = split(kind, '|');
  if (words.size() < 2) return {};
  std::erase_if(words, [](const std::string& word) {
    return word.empty() ||
           !std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::islower(c); });
  });
  return words;
}

Flag flag_of(const CLI::Option& option) {
  Flag flag;
  flag.is_positional = option.get_positional();
  flag.names = split(option.get_name(true, true), ',');
  if (option.get_items_expected_max() > 0) flag.kind = option.get_type_name();
  flag.choices = choices_of(flag.kind);
  flag.help = option.get_description();
  flag.is_required = option.get_required();
  flag.needs_value = option.get_items_expected_max() > 0 && option.get_items_expected_min() > 0;
  // Where the value may be left out, the default is what the flag alone means: its help says so.
  if (option.get_items_expected_min() > 0) flag.standard = option.get_default_str();
  return flag;
}

}  // namespace

std::vector<ListedCommand> list_commands(const std::vector<Command>& table) {
  std::vector<ListedCommand> commands;
  for (const Command& command : table) {
    ListedCommand listed{command.name, command.summary, command.example, {}};
    const DeclaredCommand declared = declare(command);
    for (const CLI::Option* option : declared.app->get_options()) {
      if (!option->get_group().empty()) listed.flags.push_back(flag_of(*option));
    }
    commands.push_back(std::move(listed));
  }
  return commands;
}

std::string joined_names(const Flag& flag) { return fmt::format("{}", fmt::join(flag.names, ",")); }

}  // namespace dmf::cli
