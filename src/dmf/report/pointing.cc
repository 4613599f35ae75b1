#include "dmf/report/pointing.h"

#include <algorithm>

namespace dmf::report {
namespace {

/// One line of a mask, widened by `reach` both ways: `at(i)` is its i-th pixel.
template <class At>
void widen_line(int64_t length, int64_t reach, const At& at) {
  std::vector<bool> line(static_cast<size_t>(length));
  int64_t last = -reach - 1;  // the last pixel that is set
  for (int64_t i = 0; i < length; ++i) {
    if (at(i)) last = i;
    line[static_cast<size_t>(i)] = i - last <= reach;
  }
  last = length + reach;
  for (int64_t i = length - 1; i >= 0; --i) {
    if (at(i)) last = i;
    if (last - i <= reach) line[static_cast<size_t>(i)] = true;
  }
  for (int64_t i = 0; i < length; ++i) at(i) = line[static_cast<size_t>(i)];
}

}  // namespace

PixelMask widened(const PixelMask& mask, int64_t reach) {
  PixelMask wide = mask;
  const auto pixel = [&](int64_t y, int64_t x) {
    return wide.pixels[static_cast<size_t>(y * wide.width + x)];
  };
  for (int64_t y = 0; y < wide.height; ++y)
    widen_line(wide.width, reach, [&](int64_t x) { return pixel(y, x); });
  for (int64_t x = 0; x < wide.width; ++x)
    widen_line(wide.height, reach, [&](int64_t y) { return pixel(y, x); });
  return wide;
}

double share_of(const PixelMask& mask) {
  const auto set = std::count(mask.pixels.begin(), mask.pixels.end(), true);
  return mask.pixels.empty() ? 0 : static_cast<double>(set) / static_cast<double>(mask.pixels.size());
}

bool points_into(const PatchMap& map, const PixelMask& mask) {
  const std::vector<float> values = at_pixels(map, mask.height, mask.width);
  const auto place = std::max_element(values.begin(), values.end()) - values.begin();
  return mask.pixels[static_cast<size_t>(place)];
}

}  // namespace dmf::report
