#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/eval/ranking.h"

namespace dmf::eval {

/// Places of the CMC curve that are reported.
inline constexpr int64_t kCmcPlaces = 50;

/// What became of one query.
struct QueryResult {
  int64_t identity = 0;
  int64_t camera = kUnknownCamera;
  double average_precision = 0;         ///< in [0, 1]; 0 when it has no match
  double inverse_negative_penalty = 0;  ///< likewise
  int64_t first_hit_rank = 0;  ///< rank of the nearest right answer, 1 = first; 0 when it has no match
  int64_t right_answers = 0;   ///< right answers in the gallery that count
  Answer nearest_right, nearest_wrong;  ///< either may be missing

  bool has_match() const { return right_answers > 0; }
};

/// The figures of a test. Shares are in per cent of the queries that have a right answer ("with a match").
struct EvalResult {
  double map = 0;                                       ///< mean average precision
  double rank1 = 0, rank5 = 0, rank10 = 0, rank20 = 0;  ///< CMC: a right answer among the first k
  double minp = 0;                                      ///< mean inverse negative penalty
  std::vector<double> cmc;                              ///< Rank-1 … Rank-kCmcPlaces
  int64_t queries = 0;                                  ///< all, with those without a match
  int64_t queries_without_match = 0;                    ///< left out of the averages
  /// Queries with a right and a wrong answer at the same distance; many of them = a collapsed model.
  int64_t queries_with_ties = 0;
  int64_t gallery = 0;              ///< all images, with junk
  int64_t gallery_junk = 0;         ///< of these, junk
  int64_t gallery_distractors = 0;  ///< of these, identity 0
  /// Per cent of the queries with a match whose nearest image (nothing but junk removed) is from their own
  /// camera; < 0 without cameras. Near 100: the vectors tell the cameras apart rather than the persons.
  double nearest_from_own_camera = -1;
  /// The same of the first answer that counts, which is then wrong.
  double first_from_own_camera = -1;
  std::string protocol;               ///< the rules in words
  std::vector<QueryResult> by_query;  ///< in the queries' order
};

}  // namespace dmf::eval
