#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace dmf::train {

/// How the learning rate falls behind its warm-up. Places are shares of the stage, so that a schedule means
/// the same in a short stage and in a long one.
struct Schedule {
  std::string shape = "cosine";                ///< cosine, step, multistep or constant
  double warmup = 0.1;                         ///< share over which the rate rises, in [0, 1)
  double every = 0.34;                         ///< step: share between two falls, in (0, 1]
  std::vector<double> milestones{0.34, 0.58};  ///< multistep: where the rate falls, each in (0, 1)
  double factor = 0.1;                         ///< step and multistep: of a fall
};

/// Factor of the learning rate at a step: a straight rise over the warm-up, w = warmup * steps,
///
///   min(1, (step + 1) / w)
///
/// times what the shape gives:
///   cosine     (1 + cos(pi max(0, step - w) / (steps - w))) / 2, to 0 at the end (Section IV-B)
///   step       factor ^ floor(step / (every * steps))
///   multistep  factor ^ (number of milestones m with step >= m * steps)
///   constant   1
///
/// @param step  0 … steps - 1
/// @return in (0, 1] (with factor <= 1)
/// @throws InvalidArgument  another shape
double learning_rate_factor(int64_t step, int64_t steps, const Schedule& schedule);

}  // namespace dmf::train
