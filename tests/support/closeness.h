#pragma once
#include <torch/types.h>

namespace dmf::test {

/// Largest |a - b| over the largest |b|: how far `a` is from the reference `b`, on the scale of `b`.
double relative_error(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace dmf::test
