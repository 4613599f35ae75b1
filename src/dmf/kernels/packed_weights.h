#pragma once
#include <torch/types.h>

#include "dmf/kernels/block.h"

namespace dmf::kernels {

/// Rows of a linear layer's weight, packed for a product.
struct WeightPart {
  torch::Tensor weight;  ///< [outputs, inputs] float32, CPU
  int64_t first = 0, rows = 0;
  bool is_reversed = false;  ///< for gradients: x W in place of x W^T
};

/// The words (block.h), on all cores. With `is_kept` they are kept for the next call with the same tensor
/// while
/// its values (their version) stay the same and the tensor lives: for inference, where packing would cost
/// more
/// than the products of a single image. Who writes to a tensor past libtorch's in-place operators has to
/// bump its
/// version.
torch::Tensor packed(const Kernels& kernels, const WeightPart& part, bool is_kept);

}  // namespace dmf::kernels
