#include "support/closeness.h"

#include <limits>

namespace dmf::test {

double relative_error(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const torch::Tensor reference = b.to(torch::kFloat64);
  const double scale = reference.abs().max().item<double>();
  const double difference = (a.to(torch::kFloat64) - reference).abs().max().item<double>();
  return scale > 0 ? difference / scale : difference;
}

}  // namespace dmf::test
