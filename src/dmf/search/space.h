#pragma once
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

namespace dmf::search {

/// Rows that lie behind each other in memory. A position counts rows over all parts of a gallery.
struct SpacePart {
  const float* values = nullptr;
  int64_t first = 0;  ///< position of the first row
  int64_t rows = 0;
};

/// Vectors of length 1 or less, in parts by ascending position; between parts there may be gaps.
struct Space {
  int64_t width = 0;
  std::vector<SpacePart> parts;

  /// @param position  of a row that is there
  const float* row(int64_t position) const {
    const auto next = std::upper_bound(parts.begin(), parts.end(), position,
                                       [](int64_t p, const SpacePart& part) { return p < part.first; });
    const SpacePart& part = *std::prev(next);
    return part.values + (position - part.first) * width;
  }
};

/// Which positions are searched.
struct Selection {
  std::vector<uint8_t> is_meant;  ///< one a position
  int64_t count = 0;              ///< how many are
};

}  // namespace dmf::search
