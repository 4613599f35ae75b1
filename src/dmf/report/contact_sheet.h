#pragma once
#include <string>
#include <vector>

#include "dmf/report/canvas.h"

namespace dmf::report {

/// A picture with the sentence below it; empty: none.
struct CaptionedImage {
  data::Pixels pixels;
  std::string caption;
};

/// Draws pictures in rows, one a person, in their own size, each above its caption. A caption that is longer
/// than seven lines ends with "…".
/// @param rows  pictures of one size
/// @throws InvalidArgument  no picture
Canvas draw_contact_sheet(const std::vector<std::vector<CaptionedImage>>& rows);

}  // namespace dmf::report
