#pragma once
#include <torch/types.h>

namespace dmf::translate {

/// Zeros around an image: `before` rows and columns at the top and left, `behind` at the bottom and right.
/// TensorFlow's "same" padding of an even image under stride 2 is one less before than behind.
struct Padding {
  int64_t before, behind;
};

/// Depthwise convolution, forward and backward, for the CPU: each channel with its own k x k kernel.
///
///   y[b, c, i, j] = sum_{u, v} x[b, c, i * stride + u - before, j * stride + v - before] * weight[c, 0, u,
///   v]
///
/// Why our own: libtorch's weight gradient of a 5 x 5 depthwise convolution takes longer on a CPU than the
/// rest of its block together (bench/README.md). Here channels lie innermost (channels-last), blocks of 16
/// are widened to float32 once, and the sums run in registers. On other devices, and for other kernels than 3
/// x 3 and 5 x 5, it is libtorch's.
///
/// @param input    [B, C, H, W] float32 or bfloat16; taken as channels-last (made so where it is not)
/// @param weight   [C, 1, k, k] float32
/// @param stride   1 or 2
/// @param padding  zeros before the first and behind the last row and column, each 0 … k - 1
/// @return         [B, C, H', W'] of `input`'s type, channels-last; differentiable in both
/// @note Deterministic: sums do not depend on the number of threads.
torch::Tensor depthwise_conv2d(const torch::Tensor& input, const torch::Tensor& weight, int64_t stride,
                               Padding padding);

}  // namespace dmf::translate
