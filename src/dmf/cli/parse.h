#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dmf/cli/command.h"

namespace CLI {
class App;
}

namespace dmf::cli {

/// A command with its flags declared: what parsing and the documentation both start from.
struct DeclaredCommand {
  std::shared_ptr<CLI::App> app;
  std::function<void()> body;
  std::shared_ptr<std::string> log_level;  ///< "quiet", "normal" or "verbose", as --quiet and --verbose say
};

/// Declares the command's own flags and those that every command has.
DeclaredCommand declare(const Command& command);

/// The command named `name`. Throws InvalidArgument naming the nearest one.
const Command& find_command(const std::vector<Command>& table, const std::string& name);

/// Parses the arguments behind the command's name. Throws InvalidArgument with a hint at --help.
/// @return false when --help was asked for and printed
bool parse(const Command& command, const DeclaredCommand& declared,
           const std::vector<std::string>& arguments);

}  // namespace dmf::cli
