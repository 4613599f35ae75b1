#include "dmf/report/scale.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"

namespace dmf::report {

std::vector<double> axis_ticks(double low, double high, int count) {
  DMF_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high, InvalidArgument,
            "axis from {} to {}: expected finite numbers, the smaller one first", low, high);
  if (low == high) high = low + 1;
  const double raw = (high - low) / std::max(count, 1);
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

}  // namespace dmf::report
