#pragma once
#include <string>
#include <vector>

#include "dmf/cli/flag_list.h"
#include "dmf/core/option_table.h"

namespace dmf::cli {

/// The manual page dmf(1), in the language of man: commands, flags, options of a run, exit codes, files.
/// @param options  the options of a run
std::string man_page(const std::vector<ListedCommand>& commands, const std::vector<Option>& options);

}  // namespace dmf::cli
