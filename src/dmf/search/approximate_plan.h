#pragma once
#include "dmf/search/approximate.h"

namespace dmf::search {

/// The recall that the sample has to reach: somewhat more than is wanted, as other queries may find less.
inline double aimed_recall(const ApproximateOptions& options) {
  return options.recall + 0.2 * (1 - options.recall);
}

/// Crops of a gallery as queries, with what they should find besides themselves.
struct ApproximateSample {
  std::vector<int64_t> ids;
  std::vector<float> values;
  int64_t count = 0, width = 0;
  Answers exact;
  eval::VectorView queries() const { return {values, count, width}; }
};
ApproximateSample draw_sample(const Snapshot& snapshot, const ApproximateOptions& options);

/// Directions to keep and candidates to compare.
struct ApproximatePlan {
  std::vector<float> directions;  ///< [directions, width]
  int64_t candidates = 0;
};

/// The cheapest pair that reaches the wanted recall, estimated: the screened products of the sample's right
/// answers are compared with those of some tens of thousands of rows.
ApproximatePlan plan_approximate(const Snapshot& snapshot, const ApproximateSample& sample,
                                 const ApproximateOptions& options);

}  // namespace dmf::search
