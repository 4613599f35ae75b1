#pragma once
#include <memory>

#include "dmf/eval/distance.h"

namespace dmf::eval {

/// k-reciprocal re-ranking (Zhong et al., CVPR 2017, arXiv:1701.08398); the names are the paper's.
struct ReRankingOptions {
  int64_t k1 = 20;      ///< neighbours that must find each other
  int64_t k2 = 6;       ///< neighbours whose sets are averaged; 1 = none
  double lambda = 0.3;  ///< share of the original distance, in [0, 1]
};

/// The distances between queries and gallery after re-ranking: (1 - lambda) Jaccard + lambda d / (the query's
/// largest d), where d is the metric's distance (squared, if Euclidean) and the Jaccard distance compares the
/// k-reciprocal neighbours among all images, queries too.
///
/// Exact, as the authors' code defines it, and sparse: neighbours are found block by block (neighbours.h), a
/// set holds some hundred images, and the distance of two images with no neighbour in common needs nothing
/// but d. Holds a copy of the vectors, the neighbours and the sets; never N x N, nor Q x G.
///
/// @param query, gallery  must outlive the result
/// @throws InvalidArgument  as vector_distances(); options out of range
std::unique_ptr<Distances> re_ranked_distances(VectorView query, VectorView gallery, Metric metric,
                                               const ReRankingOptions& options = {},
                                               const WorkOptions& work = {});

}  // namespace dmf::eval
