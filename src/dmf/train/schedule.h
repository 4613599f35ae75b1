#pragma once
#include <cstdint>

namespace dmf::train {

/// Factor of the learning rate at a step: a straight rise over the first `warmup` share of the stage, within
/// a cosine that falls to 0 from there to the end (Section IV-B: cosine decay).
///
///   min(1, (step + 1) / w) * (1 + cos(pi max(0, step - w) / (steps - w))) / 2,   w = warmup * steps
///
/// @param step    0 … steps - 1
/// @param warmup  in [0, 1)
/// @return in (0, 1]
double learning_rate_factor(int64_t step, int64_t steps, double warmup);

}  // namespace dmf::train
