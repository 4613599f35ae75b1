#pragma once
#include <memory>
#include <vector>

#include "dmf/eval/ranking.h"

namespace dmf::eval {

/// Memory that the counters of one thread share.
struct CounterScratch {
  std::vector<float> certain, possible;  ///< thresholds of the right answers
  std::vector<int32_t> certainly_before, possibly_before;
  std::vector<double> exact;  ///< distances of a block's images worked out in double; NaN = not yet
};

/// One query while the gallery passes by in blocks: counts the wrong answers before each right one.
class QueryCounter {
 public:
  /// @param right  the right answers in any order
  QueryCounter(const Distances& distances, int64_t query, std::vector<Answer> right);

  /// Takes a block whose nearness is -infinity wherever an image is no wrong answer.
  void count(const ScreenedRow& row, CounterScratch& scratch);

  /// What was found, when the whole gallery has passed; the counter is spent.
  QueryRanking ranking();

 private:
  static void count_each(const ScreenedRow& row, CounterScratch& scratch);
  static void count_by_search(const ScreenedRow& row, CounterScratch& scratch);
  void decide(const ScreenedRow& row, size_t first, CounterScratch& scratch);
  void find_nearest(const ScreenedRow& row, float largest, CounterScratch& scratch);
  Answer answer(const ScreenedRow& row, int64_t place, CounterScratch& scratch) const;

  const Distances* distances_;
  int64_t query_;
  std::vector<Answer> right_;     // nearest first
  std::vector<double> nearness_;  // theirs: descending
  std::vector<int64_t> before_;   // wrong answers before each
  Answer nearest_wrong_;
  double nearest_wrong_nearness_;
  bool has_tie_ = false;
};

}  // namespace dmf::eval
