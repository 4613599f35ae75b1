#include "dmf/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

/// Whether `step` is at or behind a share of the stage; a share that means a whole step means just that step.
bool is_behind(int64_t step, double share, int64_t steps) {
  constexpr double kRounding = 1e-9;
  return static_cast<double>(step) >= share * static_cast<double>(steps) - kRounding;
}

/// Falls of the learning rate up to a step.
int64_t falls(int64_t step, int64_t steps, const Schedule& schedule) {
  int64_t count = 0;
  if (schedule.shape == "step") {
    while (is_behind(step, static_cast<double>(count + 1) * schedule.every, steps)) ++count;
  } else {
    for (const double milestone : schedule.milestones) count += is_behind(step, milestone, steps);
  }
  return count;
}

}  // namespace

double learning_rate_factor(int64_t step, int64_t steps, const Schedule& schedule) {
  const double risen = schedule.warmup * static_cast<double>(steps);
  const auto now = static_cast<double>(step);
  const double rise = risen > 0 ? std::min(1.0, (now + 1.0) / risen) : 1.0;
  if (schedule.shape == "constant") return rise;
  if (schedule.shape == "step" || schedule.shape == "multistep")
    return rise * std::pow(schedule.factor, static_cast<double>(falls(step, steps, schedule)));
  DMF_CHECK(schedule.shape == "cosine", InvalidArgument,
            "[learning_rate_factor] shape: expected cosine, step, multistep or constant, got {}",
            schedule.shape);
  const double fall = std::max(0.0, now - risen) / (static_cast<double>(steps) - risen);
  return rise * 0.5 * (1.0 + std::cos(std::numbers::pi * fall));
}

}  // namespace dmf::train
