#pragma once
#include <cstdint>

namespace dmf::eval {

/// Columns of the block that tiles are cut from; a multiple of every kernel's `columns`.
inline constexpr int64_t kBlockColumns = 256;

/// Products that are summed up in float32 before they are added to the others: bounds the rounding error.
inline constexpr int64_t kProductDepth = 128;

/// Parts that an exact product's sum is kept in, added up as a tree at the end.
inline constexpr int64_t kProductParts = 32;

/// The inner loops, written once and compiled for each kind of processor.
struct TileKernel {
  int64_t rows, columns;  ///< of a packed panel

  /// out[i, j] = bias[j] + sum over k of a[k, i] b[j / columns][k, j % columns], in float32.
  ///
  /// Every kProductDepth products are summed in their order, these sums are added up in theirs.
  /// @param a        a panel: [width, rows]
  /// @param b        kBlockColumns / columns panels: [width, columns] each
  /// @param bias     kBlockColumns numbers
  /// @param out      [rows, kBlockColumns]
  void (*products)(const float* a, const float* b, int64_t width, const float* bias, float* out);

  /// counts[t] = how many of kBlockColumns numbers are above thresholds[t].
  void (*count_above)(const float* numbers, const float* thresholds, int64_t count, int32_t* counts);

  /// Largest and smallest of kBlockColumns numbers.
  float (*largest)(const float* numbers);
  float (*smallest)(const float* numbers);

  /// The same of each column of a tile.
  /// @param tile  [tile_rows, kBlockColumns], at least one row
  /// @param largest, smallest  kBlockColumns numbers each
  void (*column_extremes)(const float* tile, int64_t tile_rows, float* largest, float* smallest);

  /// Sum over k of a[k] b[k] in double. A product of two float32 is exact in double and the order of the sums
  /// is fixed (kProductParts parts, then a tree): every processor gets the same number, with fused
  /// multiply-add or without.
  double (*exact_product)(const float* a, const float* b, int64_t width);
};

/// The kernel for this processor.
const TileKernel& tile_kernel();

/// All that this processor can run, the plainest first: for tests.
struct TileKernels {
  const TileKernel* kernels[3];
  int count;
};
TileKernels all_tile_kernels();

namespace generic {
extern const TileKernel kKernel;
}
namespace v3 {
extern const TileKernel kKernel;
}
namespace v4 {
extern const TileKernel kKernel;
}

}  // namespace dmf::eval
