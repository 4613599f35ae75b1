#pragma once
#include <vector>

namespace dmf::report {

/// The numbers at an axis: multiples of 1, 2 or 5 times a power of ten, from at or below `low` to at or above
/// `high`, about `count` of them.
/// @throws InvalidArgument  not finite, or high < low
std::vector<double> axis_ticks(double low, double high, int count);

}  // namespace dmf::report
