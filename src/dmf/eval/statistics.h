#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/eval/result.h"

namespace dmf::eval {

/// How often is drawn and how sure an interval is to be.
struct BootstrapOptions {
  int64_t resamples = 2000;
  uint64_t seed = 0;
  double confidence = 0.95;  ///< share of the resamples inside the interval
};

struct Interval {
  double low = 0, high = 0;
};

/// The middle of what was drawn: as many draws are left out below as above.
/// @param drawn  not empty, in any order
Interval percentile_interval(std::vector<double> drawn, const BootstrapOptions& options);

/// A figure of one query and the person it belongs to.
struct QueryFigure {
  int64_t identity;
  double value;
};

/// Interval of a mean over queries by the percentile bootstrap over identities (Efron and Tibshirani 1993):
/// identities are drawn with replacement, each with all its queries, since queries of one person are hard or
/// easy together; drawing queries one by one would give too narrow an interval.
/// @throws InvalidArgument  no figures, or options out of range
Interval bootstrap_mean(const std::vector<QueryFigure>& figures, const BootstrapOptions& options = {});

/// Intervals of a test's figures, in per cent like them.
struct EvalIntervals {
  Interval map, rank1, minp;
  int64_t identities = 0;  ///< with at least one query that has a match
};
EvalIntervals intervals(const EvalResult& result, const BootstrapOptions& options = {});

/// Two tests of the same queries.
struct Comparison {
  double map_difference = 0;  ///< first minus second, percentage points
  Interval map_interval;
  double map_p = 1;  ///< chance of such a difference or a larger one if the two were equally good
  double rank1_difference = 0;
  Interval rank1_interval;
  double rank1_p = 1;
  int64_t queries = 0;  ///< compared: those with a match
  int64_t identities = 0;
  int64_t better = 0, worse = 0, equal = 0;  ///< queries by their average precision
};

/// Which of two tests is better, by how much, how sure. Differences are taken query by query; the interval is
/// bootstrap_mean()'s, p is the two-sided randomisation test's: whole identities change sides at random
/// (Fisher 1935; Smucker et al., CIKM 2007), 1 + the draws at least as extreme, over 1 + all draws.
/// @throws InvalidArgument  the queries are not the same: another number, identity, camera or number of right
/// answers
Comparison compare(const std::vector<QueryResult>& first, const std::vector<QueryResult>& second,
                   const BootstrapOptions& options = {});

/// A difference in words: "A is better by 1.20 points of mAP (95 % between 0.80 and 1.61, p = 0.0005)".
std::string verdict(const Comparison& comparison, const std::string& first, const std::string& second,
                    double confidence);

}  // namespace dmf::eval
