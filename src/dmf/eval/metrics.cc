#include "dmf/eval/metrics.h"

#include "dmf/core/error.h"

namespace dmf::eval {

double average_precision(const std::vector<int64_t>& ranks) {
  DMF_ASSERT(!ranks.empty());
  double sum = 0;
  for (size_t k = 0; k < ranks.size(); ++k) sum += static_cast<double>(k + 1) / static_cast<double>(ranks[k]);
  return sum / static_cast<double>(ranks.size());
}

double inverse_negative_penalty(const std::vector<int64_t>& ranks) {
  DMF_ASSERT(!ranks.empty());
  return static_cast<double>(ranks.size()) / static_cast<double>(ranks.back());
}

}  // namespace dmf::eval
