#include "dmf/kernels/block.h"

#include "dmf/core/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace dmf::kernels {
namespace {

int64_t padded(int64_t bytes) { return (bytes + 63) / 64 * 64; }

#if defined(__x86_64__)
/// AMX multiplies bfloat16 several times as fast as these kernels; libtorch's products use it.
bool has_amx_bfloat16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kFeatures = 7, kAmxBfloat16 = 1U << 22;
  return __get_cpuid_count(kFeatures, 0, &a, &b, &c, &d) != 0 && (d & kAmxBfloat16) != 0;
}
#endif

}  // namespace

int64_t row_scratch_bytes(const Kernels& kernels, int64_t rows, int64_t width, int64_t hidden) {
  // Forward: the normed rows and the hidden ones as elements. Backward: gradients of the normed rows in
  // float32.
  const int64_t forward =
      padded(rows * width * kernels.element_bytes) + padded(rows * hidden * kernels.element_bytes);
  const int64_t backward = padded(rows * width * 4);
  return forward > backward ? forward : backward;
}

int64_t head_scratch_bytes(int64_t tokens, int64_t head_width) {
  const int64_t along = tokens + kPanel, across = head_width + kPanel;
  // Seven packed matrices, two of shares and some rows of numbers (attention_back), in four bytes an element.
  return 4 * (2 * along * head_width + 3 * across * (tokens + 1) + 2 * along * (tokens + 1) +
              2 * tokens * along + 8 * (along + across)) +
         16 * 64;
}

KernelList all_kernels() {
  KernelList all{{&generic::kKernels}, 1};
#if defined(__x86_64__)
  if (has_x86_64_v3()) all.kernels[all.count++] = &v3::kKernels;
  if (has_x86_64_v4()) all.kernels[all.count++] = &v4::kKernels;
  if (has_x86_64_v4() && __builtin_cpu_supports("avx512bf16")) all.kernels[all.count++] = &bf16::kKernels;
#endif
  return all;
}

const Kernels* kernels_for(bool bfloat16) {
#if defined(__x86_64__)
  static const bool has_avx512 = has_x86_64_v4(), has_avx2 = has_x86_64_v3();
  static const bool has_bfloat16 = has_avx512 && __builtin_cpu_supports("avx512bf16") && !has_amx_bfloat16();
  if (bfloat16) return has_bfloat16 ? &bf16::kKernels : nullptr;
  return has_avx512 ? &v4::kKernels : has_avx2 ? &v3::kKernels : nullptr;
#else
  (void)bfloat16;
  return nullptr;
#endif
}

}  // namespace dmf::kernels
