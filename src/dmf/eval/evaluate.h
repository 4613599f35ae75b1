#pragma once
#include "dmf/eval/labels.h"
#include "dmf/eval/protocol.h"
#include "dmf/eval/ranking.h"
#include "dmf/eval/result.h"

namespace dmf::eval {

/// The vectors of a set with their labels.
struct LabelledVectors {
  VectorView vectors;  ///< need not be of unit length
  Labels labels;       ///< of each vector
};

/// Searches each query in the gallery and measures the answers: CMC, mAP, mINP with Market-1501's rules
/// (ranking.h). Queries without a right answer in the gallery are left out of the averages and counted. Where
/// no camera is known the same-camera rule is off, which `protocol` says.
///
/// @param query    no junk among its labels
/// @throws InvalidArgument  sizes or labels that do not fit; an empty set; NaN, infinite or zero vectors (it
///   names the first and how many); no query with a right answer
/// @note Deterministic: the same figures for any block size, any number of threads and any processor.
EvalResult evaluate(const LabelledVectors& query, const LabelledVectors& gallery,
                    const ProtocolOptions& protocol = {}, const WorkOptions& work = {});

/// The same on distances that are given.
/// @param ranked_by  what the distances are, for `protocol` ("cosine distance")
EvalResult evaluate(const Distances& distances, const Labels& query, const Labels& gallery,
                    const ProtocolOptions& protocol = {}, const WorkOptions& work = {},
                    const std::string& ranked_by = "");

/// The figures of rankings that are there already.
/// @param query  all its labels; the rankings are those of ranked_labels()
/// @param ranked_by  what the distances are, for `protocol` ("cosine distance")
EvalResult summarise(const std::vector<QueryRanking>& rankings, const Labels& query, const Labels& gallery,
                     const ProtocolOptions& protocol, const std::string& ranked_by = "");

/// Labels of the queries as they are ranked with: without cameras where the same-camera rule is off.
Labels ranked_labels(const Labels& query, const ProtocolOptions& protocol);

/// What a ranking says of its query.
QueryResult query_result(const QueryRanking& ranking, int64_t identity, int64_t camera);

}  // namespace dmf::eval
