#pragma once
#include <string>
#include <vector>

#include "dmf/cli/command.h"

namespace dmf::cli {

/// A flag or a positional argument of a command, as it was declared: what the reference, the manual page and the
/// shells' completions are made of.
struct Flag {
  std::vector<std::string> names;    ///< "--json", "-h"; of a positional argument its one name
  std::string kind;                  ///< of its value: "FILE", "IMAGE|FOLDER"; empty: it takes none
  std::vector<std::string> choices;  ///< words that its value may be; empty: not limited to any
  std::string help;
  std::string standard;  ///< its default; empty: none, or its help tells it
  bool is_positional = false, is_required = false;
  bool needs_value = false;  ///< false too where the value may be left out
};

/// A command with its flags.
struct ListedCommand {
  std::string name, summary, example;
  std::vector<Flag> flags;
};

std::vector<ListedCommand> list_commands(const std::vector<Command>& table);

/// "--help,-h"
std::string joined_names(const Flag& flag);

}  // namespace dmf::cli
