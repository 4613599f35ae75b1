#include "dmf/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dmf::train {

double learning_rate_factor(int64_t step, int64_t steps, double warmup) {
  const double risen = warmup * static_cast<double>(steps);
  const auto now = static_cast<double>(step);
  const double rise = risen > 0 ? std::min(1.0, (now + 1.0) / risen) : 1.0;
  const double fall = std::max(0.0, now - risen) / (static_cast<double>(steps) - risen);
  return rise * 0.5 * (1.0 + std::cos(std::numbers::pi * fall));
}

}  // namespace dmf::train
