#pragma once
#include <optional>
#include <vector>

#include "dmf/cli/search_result.h"
#include "dmf/report/canvas.h"

namespace dmf::cli {

/// A query as it is shown: a picture, or (where there is none) its words.
struct ShownQuery {
  std::optional<data::Pixels> picture;
  std::string words;
};

/// Queries at the left, their answers in order at the right, from the gallery's thumbnails; similarity and
/// camera below. Frames: green same, amber unsure, red different; grey where nothing judges.
/// @throws InvalidArgument  no query
report::Canvas draw_search(const std::vector<ShownQuery>& queries, const std::vector<Found>& found,
                           const search::GalleryView& gallery,
                           const std::optional<search::SameThreshold>& threshold);

}  // namespace dmf::cli
