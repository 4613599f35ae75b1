#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "dmf/eval/distance.h"

namespace dmf::eval {

/// The nearest gallery images of each query.
struct Neighbours {
  int64_t per_query = 0;          ///< as many as were asked for, or the whole gallery
  std::vector<int32_t> images;    ///< [Q, per_query], nearest first; at the same distance in gallery order
  std::vector<double> distances;  ///< theirs
  std::vector<double> farthest;   ///< distance of each query's farthest image

  std::span<const int32_t> of(int64_t query) const {
    return {images.data() + query * per_query, static_cast<size_t>(per_query)};
  }
};

/// Finds them exactly, by screening in float32; holds some hundred candidates for each of the queries at
/// work, not the distances. A set compared with itself under the cosine takes half the products.
/// @param count  > 0
Neighbours find_neighbours(const Distances& distances, int64_t count, const WorkOptions& work = {});

}  // namespace dmf::eval
