#pragma once
#include <cstdint>

#include "dmf/world/identity.h"

namespace dmf::world {

/// A place on patterned cloth in periods (of a print: in its sizes, from its middle).
struct PatternPlace {
  float across = 0, along = 0;
  float footprint = 0;  ///< edge of a sample: finer detail melts into its mean
};

/// How much of the pattern's second colour is seen there, [0, 1]. Each pattern comes in several makes (double
/// stripes, tartan, scattered dots …); `seed` chooses and stays with the garment.
/// @param share  of a period that has the second colour
float pattern_share(Pattern pattern, const PatternPlace& place, float share, uint32_t seed);

/// The drawing of a print, likewise; 0 outside of it.
float print_share(const PatternPlace& place, uint32_t seed);

/// Whether a print is also on the back.
inline bool prints_back(uint32_t seed) { return (seed >> 11 & 3) == 0; }

}  // namespace dmf::world
