#pragma once
#include <cstdint>
#include <vector>

#include "dmf/eval/evaluate.h"

namespace dmf::eval {

/// Query expansion.
struct ExpansionOptions {
  int64_t neighbours = 10;  ///< images averaged, the image itself counted
  double alpha = 3;         ///< weights are cosines to this power; 0 = equal weights
  int64_t times = 1;
};

/// Vectors that own their memory.
struct OwnVectors {
  std::vector<float> values;
  int64_t count, width;
  VectorView view() const { return {values, count, width}; }
};
struct ExpandedVectors {
  OwnVectors query, gallery;
};

/// Replaces every vector, queries' and gallery's, by the weighted mean of its nearest images among all (by
/// cosine, itself first): average query expansion (Chum et al., ICCV 2007; alpha 0) and alpha query expansion
/// (Radenovic et al., TPAMI 2019), on both sides, as fast-reid has it. A negative cosine weighs nothing.
/// @throws InvalidArgument  as vector_distances(); options out of range
ExpandedVectors expand(VectorView query, VectorView gallery, const ExpansionOptions& options = {},
                       const WorkOptions& work = {});

/// Multi-query: the queries of one identity and camera become one query, the mean of their unit vectors, in
/// the order of the first of each. Without cameras: of one identity.
struct PooledQueries {
  OwnVectors vectors;
  Labels labels;
};
PooledQueries pool_queries(const LabelledVectors& query);

}  // namespace dmf::eval
