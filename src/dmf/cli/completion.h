#pragma once
#include <string>
#include <vector>

#include "dmf/cli/flag_list.h"

namespace dmf::cli {

/// A script that completes commands, flags, their values where these are known, and otherwise file names.
/// @param shell  "bash", "zsh" or "fish"
/// @param keys   what --set takes: "table.key"
/// @throws InvalidArgument  another shell
std::string completion_script(const std::string& shell, const std::vector<ListedCommand>& commands,
                              const std::vector<std::string>& keys);

}  // namespace dmf::cli
