#pragma once
#include <cstdint>
#include <vector>

#include "dmf/eval/vectors.h"

namespace dmf::search {

/// Directions in which vectors are longest: orthonormal rows, [count, width], those of the largest mean
/// squared product first (the eigenvectors of the second moment, by orthogonal iteration; what has nearly
/// equal eigenvalues may be mixed).
/// @param vectors  a sample
/// @param count    1 … width
std::vector<float> principal_directions(eval::VectorView vectors, int64_t count, int64_t threads = 0);

/// Products of each vector with each direction, [vectors, count]. @param directions  [count, width]
std::vector<float> projected(eval::VectorView vectors, const std::vector<float>& directions,
                             int64_t threads = 0);

}  // namespace dmf::search
