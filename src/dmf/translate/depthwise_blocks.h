// The depthwise kernels, for one instruction set: included by depthwise_{generic,v3,v4}.cc (see lanes.h).
#include "dmf/kernels/lanes.h"
#include "dmf/translate/depthwise_kernel.h"

namespace dmf::translate::DMF_ISA {
namespace {

using kernels::DMF_ISA::kLanes;
using kernels::DMF_ISA::Lanes;
using kernels::DMF_ISA::load;
using kernels::DMF_ISA::store;

static_assert(kLanes == kDepthwiseBlock);

/// One image's block of channels, widened to float32, with a border of zeros: [height + 2 p, width + 2 p,
/// lanes]. The memory is the caller's: nothing of the standard library is instantiated with this file's
/// instruction set.
class PaddedBlock {
 public:
  PaddedBlock(float* memory, const DepthwiseShape& s)
      : values_(reinterpret_cast<Lanes*>(memory)),
        height_(s.height),
        width_(s.width),
        padding_(s.padding),
        stride_(s.padded_width()),
        bytes_(static_cast<size_t>(depthwise_block_floats(s)) * sizeof(float)) {}

  template <class T>
  DMF_INLINE void fill(const T* image, int64_t channels) {
    for (int64_t i = 0; i < height_; ++i) {
      Lanes* to = row(i + padding_) + padding_;
      for (int64_t j = 0; j < width_; ++j) to[j] = load(image + (i * width_ + j) * channels);
    }
  }
  template <class T>
  DMF_INLINE void drain(T* image, int64_t channels) {
    for (int64_t i = 0; i < height_; ++i) {
      const Lanes* from = row(i + padding_) + padding_;
      for (int64_t j = 0; j < width_; ++j) store(image + (i * width_ + j) * channels, from[j]);
    }
  }
  DMF_INLINE void clear() { memset(values_, 0, bytes_); }
  DMF_INLINE Lanes* row(int64_t i) { return values_ + i * stride_; }

 private:
  Lanes* values_;
  int64_t height_, width_, padding_, stride_;
  size_t bytes_;
};

template <class T, int kKernel, int kStride>
DMF_INLINE void forward_block(const DepthwiseShape& s, const T* input, const Lanes* weight, T* output,
                              PaddedBlock& padded, int64_t channel) {
  constexpr int64_t kColumns = 4;  // output columns that share a loaded weight
  for (int64_t b = 0; b < s.batch; ++b) {
    padded.fill(input + b * s.height * s.width * s.channels + channel, s.channels);
    T* image = output + b * s.out_height * s.out_width * s.channels + channel;
    for (int64_t i = 0; i < s.out_height; ++i) {
      int64_t j = 0;
      for (; j + kColumns <= s.out_width; j += kColumns) {
        Lanes sum0{}, sum1{}, sum2{}, sum3{};
        for (int u = 0; u < kKernel; ++u) {
          const Lanes* x = padded.row(i * kStride + u) + j * kStride;
          for (int v = 0; v < kKernel; ++v) {
            const Lanes w = weight[u * kKernel + v];
            sum0 += x[v] * w;
            sum1 += x[kStride + v] * w;
            sum2 += x[2 * kStride + v] * w;
            sum3 += x[3 * kStride + v] * w;
          }
        }
        T* to = image + (i * s.out_width + j) * s.channels;
        store(to, sum0);
        store(to + s.channels, sum1);
        store(to + 2 * s.channels, sum2);
        store(to + 3 * s.channels, sum3);
      }
      for (; j < s.out_width; ++j) {
        Lanes sum{};
        for (int u = 0; u < kKernel; ++u) {
          const Lanes* x = padded.row(i * kStride + u) + j * kStride;
          for (int v = 0; v < kKernel; ++v) sum += x[v] * weight[u * kKernel + v];
        }
        store(image + (i * s.out_width + j) * s.channels, sum);
      }
    }
  }
}

template <class T, int kKernel, int kStride>
DMF_INLINE void backward_block(const DepthwiseShape& s, const T* input, const Lanes* weight,
                               const T* grad_output, T* grad_input, Lanes* grad_weight, PaddedBlock& padded,
                               PaddedBlock& grad, int64_t channel) {
  for (int64_t b = 0; b < s.batch; ++b) {
    const T* image = grad_output + b * s.out_height * s.out_width * s.channels + channel;
    if (grad_weight != nullptr)
      padded.fill(input + b * s.height * s.width * s.channels + channel, s.channels);
    if (grad_input != nullptr) grad.clear();
    for (int64_t i = 0; i < s.out_height; ++i) {
      for (int u = 0; u < kKernel; ++u) {
        Lanes sums[kKernel] = {};
        const Lanes* x = padded.row(i * kStride + u);
        Lanes* gx = grad.row(i * kStride + u);
        const T* from = image + i * s.out_width * s.channels;
        for (int64_t j = 0; j < s.out_width; ++j) {
          const Lanes g = load(from + j * s.channels);
          if (grad_weight != nullptr) {
            for (int v = 0; v < kKernel; ++v) sums[v] += x[j * kStride + v] * g;
          }
          if (grad_input != nullptr) {
            for (int v = 0; v < kKernel; ++v) gx[j * kStride + v] += weight[u * kKernel + v] * g;
          }
        }
        if (grad_weight != nullptr) {
          for (int v = 0; v < kKernel; ++v) grad_weight[u * kKernel + v] += sums[v];
        }
      }
    }
    if (grad_input != nullptr)
      grad.drain(grad_input + b * s.height * s.width * s.channels + channel, s.channels);
  }
}

template <class T, int kKernel, int kStride>
void forward_blocks(const DepthwiseShape& s, const void* input, const float* weight, void* output,
                    float* scratch, int64_t first, int64_t last) {
  PaddedBlock padded(scratch, s);
  padded.clear();
  for (int64_t block = first; block < last; ++block) {
    const int64_t channel = block * kLanes;
    Lanes taps[kKernel * kKernel];
    for (int t = 0; t < kKernel * kKernel; ++t) taps[t] = load(weight + t * s.channels + channel);
    forward_block<T, kKernel, kStride>(s, static_cast<const T*>(input), taps, static_cast<T*>(output), padded,
                                       channel);
  }
}

template <class T, int kKernel, int kStride>
void backward_blocks(const DepthwiseShape& s, const void* input, const float* weight, const void* grad_output,
                     void* grad_input, float* grad_weight, float* scratch, int64_t first, int64_t last) {
  PaddedBlock padded(scratch, s);
  PaddedBlock grad(scratch + depthwise_block_floats(s), s);
  padded.clear();
  for (int64_t block = first; block < last; ++block) {
    const int64_t channel = block * kLanes;
    Lanes taps[kKernel * kKernel], sums[kKernel * kKernel] = {};
    for (int t = 0; t < kKernel * kKernel; ++t) taps[t] = load(weight + t * s.channels + channel);
    backward_block<T, kKernel, kStride>(s, static_cast<const T*>(input), taps,
                                        static_cast<const T*>(grad_output), static_cast<T*>(grad_input),
                                        grad_weight != nullptr ? sums : nullptr, padded, grad, channel);
    if (grad_weight == nullptr) continue;
    for (int t = 0; t < kKernel * kKernel; ++t) store(grad_weight + t * s.channels + channel, sums[t]);
  }
}

using Forward = void (*)(const DepthwiseShape&, const void*, const float*, void*, float*, int64_t, int64_t);
using Backward = void (*)(const DepthwiseShape&, const void*, const float*, const void*, void*, float*,
                          float*, int64_t, int64_t);

constexpr Forward kForward[] = {forward_blocks<float, 3, 1>,    forward_blocks<float, 3, 2>,
                                forward_blocks<float, 5, 1>,    forward_blocks<float, 5, 2>,
                                forward_blocks<uint16_t, 3, 1>, forward_blocks<uint16_t, 3, 2>,
                                forward_blocks<uint16_t, 5, 1>, forward_blocks<uint16_t, 5, 2>};
constexpr Backward kBackward[] = {backward_blocks<float, 3, 1>,    backward_blocks<float, 3, 2>,
                                  backward_blocks<float, 5, 1>,    backward_blocks<float, 5, 2>,
                                  backward_blocks<uint16_t, 3, 1>, backward_blocks<uint16_t, 3, 2>,
                                  backward_blocks<uint16_t, 5, 1>, backward_blocks<uint16_t, 5, 2>};

int64_t kind_of(const DepthwiseShape& s, DepthwiseType type) {
  return (type == DepthwiseType::kBfloat16 ? 4 : 0) + (s.kernel == 5 ? 2 : 0) + (s.stride == 2 ? 1 : 0);
}

}  // namespace

void forward(const DepthwiseShape& shape, DepthwiseType type, const void* input, const float* weight,
             void* output, float* scratch, int64_t first_block, int64_t last_block) {
  kForward[kind_of(shape, type)](shape, input, weight, output, scratch, first_block, last_block);
}

void backward(const DepthwiseShape& shape, DepthwiseType type, const void* input, const float* weight,
              const void* grad_output, void* grad_input, float* grad_weight, float* scratch,
              int64_t first_block, int64_t last_block) {
  kBackward[kind_of(shape, type)](shape, input, weight, grad_output, grad_input, grad_weight, scratch,
                                  first_block, last_block);
}

}  // namespace dmf::translate::DMF_ISA
