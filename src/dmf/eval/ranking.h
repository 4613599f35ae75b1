#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "dmf/eval/distance.h"
#include "dmf/eval/labels.h"

namespace dmf::eval {

/// A gallery image as an answer. Answers are ordered by distance; at the same distance the image that stands
/// first in the gallery comes first, as in a stable sort.
struct Answer {
  double distance = std::numeric_limits<double>::infinity();
  int64_t image = std::numeric_limits<int64_t>::max();  ///< this number: there is none

  bool exists() const { return image != std::numeric_limits<int64_t>::max(); }
  bool operator<(const Answer& other) const {
    return distance < other.distance || (distance == other.distance && image < other.image);
  }
};

/// Where the right answers of one query stand.
struct QueryRanking {
  /// Rank of each right answer among all answers that count, ascending, the first place being 1. Empty when
  /// the gallery holds no right answer for this query.
  std::vector<int64_t> ranks;
  /// The right answers, nearest first.
  std::vector<Answer> right;
  /// The nearest wrong answer; there may be none.
  Answer nearest_wrong;
  /// A wrong answer is exactly as far as a right one, so that the ranks depend on the gallery's order.
  bool has_tie = false;
  /// The nearest image of all, before the same-camera rule removes any, is from the query's own camera.
  bool nearest_is_own_camera = false;
  /// The first answer that counts is from the query's own camera (and then wrong).
  bool first_is_own_camera = false;
};

/// Ranks the right answers of every query by Market-1501's rules (Zheng et al. 2015): gallery images of the
/// query's identity *and* camera are removed, junk is removed, all others answer; those of the query's
/// identity are right. A pair with an unknown camera is not removed.
///
/// Ranks are found by counting, not by sorting: a right answer's rank is 1 + the answers before it. What
/// float32 leaves undecided (Distances::screen) is decided in double, so the ranks are those of a stable sort
/// by the exact distances. O(Q G D) time; beside the vectors it holds the right answers and what screen()
/// holds.
///
/// @return  one entry a query
/// @throws InvalidArgument  labels that do not fit the distances, a junk query, blocks out of range
std::vector<QueryRanking> rank_right_answers(const Distances& distances, const Labels& query,
                                             const Labels& gallery, const WorkOptions& work = {});

}  // namespace dmf::eval
