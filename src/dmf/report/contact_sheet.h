#pragma once
#include <string>
#include <vector>

#include "dmf/report/canvas.h"
#include "dmf/report/ranked_lists.h"

namespace dmf::report {

/// Draws pictures in rows, in their own size, each above its label (a caption, say). A label that is longer
/// than seven lines ends with "…".
/// @param rows   pictures of one size
/// @param title  above them; may be empty
/// @throws InvalidArgument  no picture
Canvas draw_contact_sheet(const std::vector<std::vector<ListedImage>>& rows, const std::string& title = "");

}  // namespace dmf::report
