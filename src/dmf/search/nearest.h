#pragma once
#include <cstdint>
#include <vector>

#include "dmf/eval/distance.h"
#include "dmf/search/space.h"

namespace dmf::search {

/// A row that was found.
struct Near {
  int64_t position = 0;
  double product = 0;  ///< inner product with the query
};

/// Each query's rows, nearest first.
using NearRows = std::vector<std::vector<Near>>;

/// The `count` rows with the largest inner products among those selected, for each query: exactly, by
/// products in double; at the same product the lower position first. Few queries are compared row by row, at
/// the speed of the memory; many are screened in float32 tile by tile (eval/screen.h) and decided in double.
/// Both give the same answers.
/// @param queries  of the space's width, of length 1 or less
/// @param count    > 0
/// @return         for each query at most `count` rows, nearest first
NearRows nearest_rows(const Space& space, eval::VectorView queries, int64_t count, const Selection& selection,
                      const eval::WorkOptions& work = {});

}  // namespace dmf::search
