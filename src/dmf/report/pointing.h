#pragma once
#include <cstdint>
#include <vector>

#include "dmf/report/overlay.h"

namespace dmf::report {

/// Which pixels of an image something is seen at, row by row.
struct PixelMask {
  int64_t height = 0, width = 0;
  std::vector<bool> pixels;
};

/// A mask and all that is no farther than `reach` pixels from it, along rows and columns.
PixelMask widened(const PixelMask& mask, int64_t reach);

/// Share of the image that a mask covers: how often a point that is drawn by chance lies in it.
double share_of(const PixelMask& mask);

/// The pointing game (Zhang et al. 2016, arXiv:1608.00507): whether a map's largest value lies in the mask.
/// @throws InvalidArgument  as at_pixels()
bool points_into(const PatchMap& map, const PixelMask& mask);

}  // namespace dmf::report
