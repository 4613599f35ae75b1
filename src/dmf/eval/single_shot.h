#pragma once
#include <cstdint>
#include <vector>

#include "dmf/eval/answers.h"

namespace dmf::eval {

/// CUHK03's first protocol (Li et al. 2014; `use_metric_cuhk03` of torchreid and fast-reid): the gallery of
/// each search is one image of each identity, drawn anew for each query and repetition from those that count.
struct SingleShotOptions {
  int64_t repetitions = 10;
  uint64_t seed = 0;
};

/// CMC with a single gallery shot.
struct SingleShotResult {
  std::vector<double> cmc;         ///< Rank-1 … Rank-kCmcPlaces, per cent of the queries with a match
  std::vector<double> rank1_each;  ///< Rank-1 of each repetition
  int64_t queries = 0;             ///< with a match
};

/// As in torchreid and fast-reid all distractors together are one identity. The draws depend on seed, query
/// and repetition alone.
/// @throws InvalidArgument  no query with a match; fewer than one repetition
SingleShotResult single_gallery_shot(const Distances& distances, const Answers& answers,
                                     const SingleShotOptions& options = {}, const WorkOptions& work = {});

}  // namespace dmf::eval
