#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/eval/answers.h"
#include "dmf/eval/ranking.h"

namespace dmf::eval {

/// Accepting pairs as the same person when they are nearer than a threshold.
struct OperatingPoint {
  double far = 0;        ///< wanted share of impostor pairs (or searches) that are accepted, in [0, 1]
  double rate = 0;       ///< per cent of the right answers (or searches) that are then accepted
  double threshold = 0;  ///< distance: accepted is what is nearer, so that the share is at most `far`
};

/// Open-set figures: how well one threshold for all tells persons apart.
struct OpenSetResult {
  int64_t genuine_pairs = 0, impostor_pairs = 0;
  std::vector<OperatingPoint>
      roc;         ///< true-positive rate at FAR 1e-6 … 0.5; what the pairs are too few for is left out
  double eer = 0;  ///< equal error rate, per cent
  double eer_threshold = 0;         ///< the distance where it is taken
  int64_t nonmated_searches = 0;    ///< searches that should find nobody
  std::vector<OperatingPoint> dir;  ///< detection and identification rate at rank 1, at FAR 1e-2 … 1
  std::string nonmated;             ///< what the non-mated searches are, in words
};

/// The true-positive rate at a false-accept rate f accepts every pair nearer than the (floor(f n) + 1)-th
/// nearest of n impostor pairs, so that at most f n are accepted whatever ties there are. The equal error
/// rate is the mean of false accepts and false rejects at the smallest distance where accepts are no longer
/// fewer. Two passes over all pairs.
///
/// DIR at FAR (Grother and Phillips, NIST FRVT; Jain and Li, Handbook of Face Recognition): of the searches
/// for persons in the gallery, the share whose first answer is right and near enough; of the searches for
/// others, at most `far` find anybody near enough. Searches for others are the queries without a right
/// answer; where there are none, every query is searched once more with its own identity's images left out.
///
/// @param rankings  of the same distances and labels
/// @throws InvalidArgument  no right or no wrong answer at all
OpenSetResult open_set(const Distances& distances, const Answers& answers,
                       const std::vector<QueryRanking>& rankings, const WorkOptions& work = {});

/// False-accept rates whose true-positive rates are reported first: 1e-1 … 1e-4.
inline constexpr double kReportedFar[] = {1e-1, 1e-2, 1e-3, 1e-4};

}  // namespace dmf::eval
