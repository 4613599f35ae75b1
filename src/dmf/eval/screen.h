#pragma once
#include <span>
#include <vector>

#include "dmf/eval/aligned.h"
#include "dmf/eval/distance.h"

namespace dmf::eval {

/// |v|² of each vector in double, in the order of TileKernel::exact_product: a vector's squared Euclidean
/// distance to itself is then exactly 0.
std::vector<double> squared_norms(VectorView vectors);

/// Inner products of two sets of vectors in float32, tile by tile, with a proven bound on their error.
///
/// Nearness is a.b / (|a||b|) (cosine), or a.b - |b|²/2 of vectors scaled by one power of two so that the
/// longest has a length in [1/2, 1] (Euclidean). Of n products summed one after the other in float32, the sum
/// is wrong by at most n u sum|a_k b_k| <= n u |a||b|, u = 2^-24 (Higham 2002, section 3.1); tile_kernel.h
/// sums at most kProductDepth products so before it adds the sums.
class ProductScreen {
 public:
  struct Set {
    VectorView vectors;
    std::span<const double> squared_norms;
  };
  ProductScreen(Set query, Set gallery, Metric metric);

  /// As Distances::screen(). Holds work.gallery_block gallery vectors and 16,384 queries, packed, at most.
  void run(const WorkOptions& work, const ScreenVisitor& visit) const;
  /// As Distances::screen_pairs(), of a set with itself under the cosine.
  void run_pairs(const WorkOptions& work, const TileVisitor& visit) const;
  double nearness(int64_t query, double distance) const;
  double distance(int64_t query, double nearness) const;
  /// No distance is more than this.
  double largest_distance() const;

 private:
  enum class Half { kBoth, kUpper };  // all pairs, or tiles that hold a pair (i, j), i <= j
  struct PackedImages;
  struct Tile;
  double length(double squared_norm) const;
  float factor(double squared_norm) const;
  void pack_queries(Rows queries, const WorkOptions& work, AlignedFloats& packed) const;
  void pack_images(Rows images, const WorkOptions& work, PackedImages& packed) const;
  void pack_block(Rows images, PackedImages& packed, int64_t block) const;
  void multiply(Rows queries, const float* packed_queries, const PackedImages& packed, Half half,
                int64_t thread, AlignedFloats& nearness, const std::function<void(const Tile&)>& visit) const;
  void run_tiles(const WorkOptions& work, Half half, const std::function<void(const Tile&)>& visit) const;
  double error(int64_t query, double longest) const;

  VectorView query_, gallery_;
  Metric metric_;
  double scale_ = 1;  // Euclidean: a power of two
  std::vector<double> query_squares_;
  std::vector<double> gallery_squares_;
  std::vector<float> query_factors_, gallery_factors_;  // a vector times its factor is what is packed
};

}  // namespace dmf::eval
