#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "dmf/eval/answers.h"

namespace dmf::eval {

/// Of `count` impostors, how many may be accepted at most at this false-accept rate: floor(far * count), a
/// product that rounding put a hair below a whole number counting as that number.
int64_t accepted_at(double far, int64_t count);

/// Impostor distances next to each other in order.
struct ImpostorWindow {
  double low = 0, high = 0;       ///< the window is (low, high]
  int64_t before = 0;             ///< impostor pairs nearer than all of `distances`
  std::vector<double> distances;  ///< all in the window and some around it: exact, nearest first
};

/// Distances of all pairs of a query and a wrong answer ("impostor pairs"), looked at as one population
/// without being held: a histogram of float32 distances finds where a quantile lies, a second pass works out
/// exactly what lies there.
class Impostors {
 public:
  /// One pass over all pairs. The arguments must outlive this.
  Impostors(const Distances& distances, const Answers& answers, const WorkOptions& work);

  int64_t count() const { return count_; }
  double lowest() const { return low_; }
  double highest() const { return low_ + width_ * static_cast<double>(histogram_.size()); }

  /// A second pass: the exact distance at each place (0 = the nearest pair); infinity at count() and beyond.
  std::vector<double> at(const std::vector<int64_t>& places) const;
  /// Pairs at about this distance or nearer: off by what lies in one bin of the histogram.
  int64_t about_within(double distance) const;
  /// About the distance at a place, for places that need not be exact.
  double about_at(int64_t place) const;
  /// A second pass: the exact distances in a window that holds `distance`.
  ImpostorWindow around(double distance) const;

  /// Visits all pairs once more: visit(query, thread, distance), the distance off by at most error().
  void visit(const std::function<void(int64_t, int64_t, double)>& visit) const;
  double error() const { return error_; }

 private:
  struct Bins {
    int64_t first, last;
  };
  int64_t bin(double distance) const;
  Bins bins_around(int64_t bin) const;
  std::vector<std::vector<double>> collect(const std::vector<Bins>& windows) const;
  int64_t before(int64_t bin) const;
  int64_t bin_of_place(int64_t place) const;

  const Distances& distances_;
  const Answers& answers_;
  WorkOptions work_;
  double low_ = 0, width_ = 1;  // of the bins
  double error_ = 0;            // largest error of a screened distance
  int64_t count_ = 0;
  std::vector<int64_t> histogram_;
};

}  // namespace dmf::eval
