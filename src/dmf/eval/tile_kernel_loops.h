// The inner loops of tile_kernel.h. Included only by tile_kernel_generic.cc, _v3.cc and _v4.cc, which are
// compiled with flags of their own and name a namespace (DMF_ISA), the floats of a register (DMF_LANES) and
// the rows of a tile (DMF_ROWS). No header of the standard library that defines inline functions may be used
// here: the linker could pick such a function, built for the newest processor, for the whole program.
#include <stdint.h>
#include <string.h>

#include "dmf/eval/tile_kernel.h"

#define DMF_INLINE inline __attribute__((always_inline))

namespace dmf::eval::DMF_ISA {
namespace {

constexpr int kLanes = DMF_LANES;
constexpr int kRows = DMF_ROWS;
constexpr int kVectors = 2;  // a tile's columns in registers
constexpr int kColumns = kVectors * kLanes;
static_assert(kBlockColumns % kColumns == 0);

typedef float Floats __attribute__((vector_size(kLanes * sizeof(float))));
typedef int32_t Integers __attribute__((vector_size(kLanes * sizeof(int32_t))));
constexpr int kDoubles = kLanes < 8 ? 2 : 4;  // gcc 12 converts no more than four at once
typedef float FewFloats __attribute__((vector_size(kDoubles * sizeof(float))));
typedef double Doubles __attribute__((vector_size(kDoubles * sizeof(double))));

template <class T>
DMF_INLINE T load(const float* from) {
  T value;
  memcpy(&value, from, sizeof(value));
  return value;
}

DMF_INLINE void store(float* to, Floats value) { memcpy(to, &value, sizeof(value)); }

// Adds `depth` products to a tile of kRows × kColumns sums.
DMF_INLINE void add_products(const float* a, const float* b, int64_t depth, float* out) {
  Floats sum[kRows][kVectors] = {};
  for (int64_t k = 0; k < depth; ++k, a += kRows, b += kColumns) {
    Floats columns[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) columns[v] = load<Floats>(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Floats row = a[i] - Floats{};
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) sum[i][v] += row * columns[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      float* to = out + i * kBlockColumns + v * kLanes;
      store(to, load<Floats>(to) + sum[i][v]);
    }
  }
}

void products(const float* a, const float* b, int64_t width, const float* bias, float* out) {
  for (int i = 0; i < kRows; ++i) memcpy(out + i * kBlockColumns, bias, kBlockColumns * sizeof(float));
  for (int64_t k = 0; k < width; k += kProductDepth) {
    const int64_t depth = width - k < kProductDepth ? width - k : kProductDepth;
    for (int64_t j = 0; j < kBlockColumns; j += kColumns)
      add_products(a + k * kRows, b + j * width + k * kColumns, depth, out + j);
  }
}

void count_above(const float* numbers, const float* thresholds, int64_t count, int32_t* counts) {
  constexpr int kParts = kBlockColumns / kLanes;
  for (int64_t t = 0; t < count; ++t) {
    const Floats threshold = thresholds[t] - Floats{};
    Integers above[2] = {};
#pragma GCC unroll 64
    for (int p = 0; p < kParts; ++p) {
      const Integers is_above = load<Floats>(numbers + p * kLanes) > threshold;
      above[p % 2] -= is_above;  // true is -1
    }
    const Integers both = above[0] + above[1];
    int32_t sum = 0;
    for (int i = 0; i < kLanes; ++i) sum += both[i];
    counts[t] = sum;
  }
}

// The number that is before all others.
template <class IsBefore>
DMF_INLINE float first_of(const float* numbers, const IsBefore& is_before) {
  Floats best = load<Floats>(numbers);
  for (int p = kLanes; p < kBlockColumns; p += kLanes) {
    const Floats next = load<Floats>(numbers + p);
    best = is_before(next, best) ? next : best;
  }
  float result = best[0];
  for (int i = 1; i < kLanes; ++i) result = is_before(best[i], result) ? best[i] : result;
  return result;
}

float largest(const float* numbers) {
  return first_of(
      numbers, [](auto a, auto b) __attribute__((always_inline)) { return a > b; });
}

float smallest(const float* numbers) {
  return first_of(
      numbers, [](auto a, auto b) __attribute__((always_inline)) { return a < b; });
}

void column_extremes(const float* tile, int64_t tile_rows, float* largest, float* smallest) {
  for (int64_t j = 0; j < kBlockColumns; j += kLanes) {
    Floats high = load<Floats>(tile + j), low = high;
    for (int64_t i = 1; i < tile_rows; ++i) {
      const Floats next = load<Floats>(tile + i * kBlockColumns + j);
      high = next > high ? next : high;
      low = next < low ? next : low;
    }
    store(largest + j, high);
    store(smallest + j, low);
  }
}

double exact_product(const float* a, const float* b, int64_t width) {
  constexpr int kVectorsOfParts = kProductParts / kDoubles;
  union {
    Doubles vectors[kVectorsOfParts];
    double parts[kProductParts];
  } sum = {};
  int64_t k = 0;
  for (; k + kProductParts <= width; k += kProductParts) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectorsOfParts; ++v) {
      sum.vectors[v] += __builtin_convertvector(load<FewFloats>(a + k + v * kDoubles), Doubles) *
                        __builtin_convertvector(load<FewFloats>(b + k + v * kDoubles), Doubles);
    }
  }
  for (int64_t p = 0; k + p < width; ++p)
    sum.parts[p] += static_cast<double>(a[k + p]) * static_cast<double>(b[k + p]);
  for (int step = kProductParts / 2; step > 0; step /= 2) {
    for (int p = 0; p < step; ++p) sum.parts[p] += sum.parts[p + step];
  }
  return sum.parts[0];
}

}  // namespace

const TileKernel kKernel = {kRows,   kColumns, products,        count_above,
                            largest, smallest, column_extremes, exact_product};

}  // namespace dmf::eval::DMF_ISA
