#pragma once
#include <stdint.h>

namespace dmf::translate {

/// Shape of one depthwise convolution over channels-last data.
struct DepthwiseShape {
  int64_t batch, channels, height, width;  ///< input
  int64_t out_height, out_width;
  int64_t kernel, stride,
      padding;  ///< padding before the first row and column; behind the last as the output needs

  /// Rows and columns of an image with its border.
  constexpr int64_t padded_height() const { return padded(height, out_height); }
  constexpr int64_t padded_width() const { return padded(width, out_width); }

  constexpr int64_t padded(int64_t size, int64_t out) const {
    const int64_t read = (out - 1) * stride + kernel;
    return read > size + padding ? read : size + padding;
  }
};

/// A type that the kernels read and write: float32 or bfloat16 (as its 16 bits).
enum class DepthwiseType { kFloat32, kBfloat16 };

/// Channels that are worked on together; the channels must be a multiple.
inline constexpr int64_t kDepthwiseBlock = 16;

/// Floats of one padded block of an image: half of the scratch memory that a call needs (64-byte aligned).
constexpr int64_t depthwise_block_floats(const DepthwiseShape& s) {
  return s.padded_height() * s.padded_width() * kDepthwiseBlock;
}

// forward: y = x * weight, on channel blocks [first_block, last_block) of all images, so that threads share
// nothing.
//   weight  [k, k, channels] float32, channels innermost
// backward: the gradients of both from grad_output; either result may be null; grad_weight is overwritten.
#define DMF_DECLARE_DEPTHWISE(ISA)                                                                       \
  namespace ISA {                                                                                        \
  void forward(const DepthwiseShape& shape, DepthwiseType type, const void* input, const float* weight,  \
               void* output, float* scratch, int64_t first_block, int64_t last_block);                   \
  void backward(const DepthwiseShape& shape, DepthwiseType type, const void* input, const float* weight, \
                const void* grad_output, void* grad_input, float* grad_weight, float* scratch,           \
                int64_t first_block, int64_t last_block);                                                \
  }
DMF_DECLARE_DEPTHWISE(generic)
DMF_DECLARE_DEPTHWISE(v3)
DMF_DECLARE_DEPTHWISE(v4)
#undef DMF_DECLARE_DEPTHWISE

}  // namespace dmf::translate
