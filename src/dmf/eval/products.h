#pragma once
#include <cstdint>
#include <vector>

namespace dmf::eval {

/// Numbers that are worked on together: sums of products are kept in this many parts, added up at the end.
inline constexpr int64_t kLanes = 8;

/// Rows of float32 as doubles, each filled up with zeros to whole packs.
class PackedRows {
 public:
  /// Replaces what it holds; the memory is kept.
  void assign(const float* values, int64_t count, int64_t width);
  int64_t count() const { return count_; }
  int64_t stride() const { return stride_; }
  const double* row(int64_t i) const { return packs_.data()->values + i * stride_; }

 private:
  struct alignas(kLanes * sizeof(double)) Pack {
    double values[kLanes];
  };
  std::vector<Pack> packs_;
  int64_t count_ = 0, stride_ = 0;
};

/// out[i, j] = sum over k of a[i, k] b[j, k].
///
/// A product of two float32 is exact in double, and the sums' order is fixed (kLanes parts, then a tree), so
/// out[i, j] depends on the two rows alone, and every processor gets the same number, with fused multiply-add
/// or without.
/// @param a, b  rows of the same stride
/// @param out   a.count() * b.count() numbers, row by row
void inner_products(const PackedRows& a, const PackedRows& b, double* out);

}  // namespace dmf::eval
