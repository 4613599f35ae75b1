#pragma once
#include <torch/types.h>

#include "dmf/eval/labels.h"
#include "dmf/eval/protocol.h"
#include "dmf/eval/ranking.h"
#include "dmf/eval/result.h"

namespace dmf::eval {

/// The vectors of a set with their labels.
struct Vectors {
  torch::Tensor values;  ///< [N, D] float32, any device; need not be of unit length
  Labels labels;         ///< of N images
};

/// Searches each query in the gallery and measures the answers: CMC, mAP, mINP with Market-1501's rules
/// (ranking.h). Queries without a right answer in the gallery are left out of the averages and counted. Where
/// no camera is known the same-camera rule is off, which `protocol` says.
///
/// @param query    values [Q, D] float32; no junk among its labels
/// @param gallery  values [G, D] float32
/// @throws InvalidArgument  shapes, types or labels that do not fit; NaN, infinite or zero vectors (it names
///   the first and how many); no query with a right answer
/// @note Deterministic: the same figures for any block size and any number of threads.
EvalResult evaluate(const Vectors& query, const Vectors& gallery, const ProtocolOptions& protocol = {},
                    const RankingOptions& work = {});

/// The same on distances that are given.
EvalResult evaluate(const Distances& distances, const Labels& query, const Labels& gallery,
                    const ProtocolOptions& protocol = {}, const RankingOptions& work = {});

}  // namespace dmf::eval
