#pragma once
#include "dmf/eval/open_set.h"
#include "dmf/eval/statistics.h"

namespace dmf::eval {

/// A threshold that holds a false-accept rate.
struct Calibration {
  double far = 0;                 ///< wanted share of impostor pairs that are accepted
  double threshold = 0;           ///< distance: the same person is who is nearer
  Interval threshold_interval;    ///< by the bootstrap over query identities
  double true_positive_rate = 0;  ///< per cent of the right answers nearer than the threshold
  int64_t impostor_pairs = 0, genuine_pairs = 0;
};

/// Finds the threshold at a false-accept rate (open_set.h says exactly which) and how sure it is. The
/// interval comes from counts in a histogram of 128 steps about the threshold, the threshold itself is exact.
/// Four passes over all pairs.
/// @param far  in (0, 1)
/// @throws InvalidArgument  too few pairs for this rate: at least one of them must be accepted
Calibration calibrate(const Distances& distances, const Answers& answers,
                      const std::vector<QueryRanking>& rankings, double far,
                      const BootstrapOptions& options = {}, const WorkOptions& work = {});

/// What a threshold does on a test set.
struct Transfer {
  double threshold = 0;
  double far = 0;                 ///< share of impostor pairs nearer than the threshold
  Interval far_interval;          ///< by the bootstrap over query identities
  double true_positive_rate = 0;  ///< per cent
  int64_t impostor_pairs = 0, genuine_pairs = 0;
};

/// Counts exactly what a threshold accepts. Two passes over all pairs.
Transfer transfer(const Distances& distances, const Answers& answers,
                  const std::vector<QueryRanking>& rankings, double threshold,
                  const BootstrapOptions& options = {}, const WorkOptions& work = {});

}  // namespace dmf::eval
