#pragma once
#include <cstdint>
#include <vector>

#include "dmf/core/random.h"

namespace dmf::test {

/// `count` normally distributed numbers.
inline std::vector<float> random_values(int64_t count, uint64_t seed, double mean = 0, double spread = 1) {
  RandomStream random(seed, "values");
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = static_cast<float>(mean + spread * random.normal());
  return values;
}

}  // namespace dmf::test
