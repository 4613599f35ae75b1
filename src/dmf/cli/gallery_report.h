#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/search/gallery_view.h"

namespace dmf::cli {

/// What a gallery holds, in numbers, and what is damaged.
nlohmann::json gallery_info(const search::GalleryView& gallery);

/// The same as lines for the terminal.
std::string info_table(const nlohmann::json& info);

/// The numbers of an action's result in one line: "added 3, known 2, crops 12".
std::string action_line(const nlohmann::json& result);

}  // namespace dmf::cli
