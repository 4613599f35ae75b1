#pragma once
#include <cstdint>
#include <vector>

#include "dmf/data/pixels.h"

namespace dmf::report {

/// A number for each patch of an image, row by row.
struct PatchMap {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// A map as it is shown: values below zero become zero, the largest becomes 1. A map without any value above
/// zero stays zero.
PatchMap shown(PatchMap map);

/// A map's values at the pixels of an image of height × width: a smooth curve through the patches' values at
/// their middles (cubic convolution), and as at the nearest middle outside of them.
/// @throws InvalidArgument  rows, columns and values that do not fit, or an image without pixels
std::vector<float> at_pixels(const PatchMap& map, int64_t height, int64_t width);

/// A map over its picture, which is stretched to height × width: from nothing (0) over violet and red to
/// yellow (1). @throws as at_pixels()
data::Pixels overlay(const data::Pixels& picture, const PatchMap& map, int64_t height = 256,
                     int64_t width = 128);

/// A picture in which nobody can be recognised: what is left of it are the mean colours of 8 × 4 fields,
/// run into each other. Its size stays.
data::Pixels unrecognisable(const data::Pixels& picture);

}  // namespace dmf::report
