#pragma once
#include <string>
#include <vector>

#include "dmf/report/canvas.h"
#include "dmf/report/ranked_lists.h"

namespace dmf::report {

/// Draws rows of pictures, each with its label below.
/// @throws InvalidArgument  no picture
Canvas draw(const std::vector<std::vector<ListedImage>>& rows, const std::string& title);

}  // namespace dmf::report
