#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dmf/eval/re_ranking.h"
#include "dmf/search/nearest.h"
#include "dmf/search/snapshot.h"

namespace dmf::search {

/// A crop that was found.
struct Hit {
  int64_t id = 0;
  double similarity = 0;            ///< cosine, in [-1, 1]
  std::optional<double> re_ranked;  ///< distance after re-ranking, in [0, 1]; less is nearer
};

/// Each query's hits, nearest first.
using Answers = std::vector<std::vector<Hit>>;

/// What every search refuses. @throws InvalidArgument  another width, vectors that cannot be ranked, count < 1
void check_queries(eval::VectorView queries, int64_t width, int64_t count);

/// The `count` crops nearest to each query among those selected, exactly (nearest_rows()); at the same
/// similarity the lower id first.
/// @param queries  of the snapshot's width and any length but 0
/// @param count    > 0
/// @return         min(count, selected) hits of each query
/// @throws InvalidArgument  another width, vectors that cannot be ranked, count < 1
Answers search_exact(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                     const Selection& selection, const eval::WorkOptions& work = {});

/// Puts one query's hits in the order of k-reciprocal re-ranking (eval/re_ranking.h) among themselves.
void re_rank(const Snapshot& snapshot, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options);

/// The same of any rows: those of the hits, in their order.
void re_rank(std::span<const float> rows, int64_t width, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options);

/// Vectors with length 1.
std::vector<float> unit_rows(eval::VectorView vectors);

/// What search_exact() throws. @throws InvalidArgument
void check_search(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                  const Selection& selection, const eval::WorkOptions& work);

/// Rows as crops.
Answers answers_of(const Snapshot& snapshot, const NearRows& rows);

}  // namespace dmf::search
