#pragma once
#include <string>

#include "dmf/data/pixels.h"

namespace dmf::data {

/// A small JPEG of a picture, at most `height` pixels high and twice as wide, in the picture's proportions.
/// @throws InvalidArgument  a height outside 16 … 1024, an empty picture
std::string thumbnail_jpeg(const Pixels& picture, int64_t height);

}  // namespace dmf::data
