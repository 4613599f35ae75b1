#include "dmf/eval/products.h"

#include <algorithm>

namespace dmf::eval {
namespace {

using Lanes [[gnu::vector_size(kLanes * sizeof(double)), gnu::may_alias]] = double;

// kRows × kColumns sums at once: each number that is loaded serves several products.
template <int kRows, int kColumns>
[[gnu::always_inline]] inline void tile(const double* a, const double* b, int64_t stride, double* out,
                                        int64_t out_stride) {
  Lanes sum[kRows][kColumns] = {};
  for (int64_t k = 0; k < stride; k += kLanes) {
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const Lanes& x = *reinterpret_cast<const Lanes*>(a + i * stride + k);
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) sum[i][j] += x * *reinterpret_cast<const Lanes*>(b + j * stride + k);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      const Lanes& s = sum[i][j];
      out[i * out_stride + j] = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    }
  }
}

template <int kRows, int kColumns>
[[gnu::always_inline]] inline void all_tiles(const PackedRows& a, const PackedRows& b, double* out) {
  const int64_t stride = a.stride(), columns = b.count();
  for (int64_t i = 0; i < a.count();) {
    const bool whole_rows = i + kRows <= a.count();
    for (int64_t j = 0; j < columns;) {
      const bool whole_columns = j + kColumns <= columns;
      double* corner = out + i * columns + j;
      if (whole_rows && whole_columns) {
        tile<kRows, kColumns>(a.row(i), b.row(j), stride, corner, columns);
      } else if (whole_rows) {
        tile<kRows, 1>(a.row(i), b.row(j), stride, corner, columns);
      } else if (whole_columns) {
        tile<1, kColumns>(a.row(i), b.row(j), stride, corner, columns);
      } else {
        tile<1, 1>(a.row(i), b.row(j), stride, corner, columns);
      }
      j += whole_columns ? kColumns : 1;
    }
    i += whole_rows ? kRows : 1;
  }
}

using Kernel = void (*)(const PackedRows&, const PackedRows&, double*);

void generic(const PackedRows& a, const PackedRows& b, double* out) { all_tiles<2, 1>(a, b, out); }

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void avx2(const PackedRows& a, const PackedRows& b, double* out) {
  all_tiles<3, 2>(a, b, out);
}
[[gnu::target("avx512f")]] void avx512(const PackedRows& a, const PackedRows& b, double* out) {
  all_tiles<4, 4>(a, b, out);
}
Kernel best_kernel() {
  if (__builtin_cpu_supports("avx512f")) return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
  return generic;
}
#else
Kernel best_kernel() { return generic; }
#endif

}  // namespace

void PackedRows::assign(const float* values, int64_t count, int64_t width) {
  const int64_t packs = (width + kLanes - 1) / kLanes;
  count_ = count;
  stride_ = packs * kLanes;
  packs_.resize(static_cast<size_t>(std::max<int64_t>(count * packs, 1)));
  for (int64_t i = 0; i < count; ++i) {
    double* row = packs_.data()->values + i * stride_;
    std::copy_n(values + i * width, width, row);
    std::fill(row + width, row + stride_, 0.0);
  }
}

void inner_products(const PackedRows& a, const PackedRows& b, double* out) {
  static const Kernel kernel = best_kernel();
  kernel(a, b, out);
}

}  // namespace dmf::eval
