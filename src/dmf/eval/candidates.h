#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {

/// What may be among the nearest of one query, by its nearness in float32, while the others pass by.
/// @tparam Place  integer that tells which image
template <class Place>
class Candidates {
 public:
  struct Candidate {
    float nearness;
    Place place;
  };

  /// What is below cannot be among the nearest.
  float threshold() const { return threshold_; }
  /// @param nearness  not below the threshold
  void add(float nearness, Place place) { all_.push_back({nearness, place}); }
  /// No nearness that was or will be added is farther than this from the exact one.
  void allow_error(double error) { error_ = std::max(error_, error); }

  const std::vector<Candidate>& all() const { return all_; }
  int64_t count() const { return static_cast<int64_t>(all_.size()); }
  /// So many that it is time to leave some out.
  bool are_many(int64_t wanted) const { return count() > 2 * wanted + kBlockColumns; }
  void clear() { all_.clear(); }

  /// Leaves out what cannot be among the nearest `wanted`, where there are more.
  void keep_possible(int64_t wanted) {
    if (count() <= wanted) return;
    const auto last = all_.begin() + (wanted - 1);
    std::nth_element(all_.begin(), last, all_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.nearness > b.nearness; });
    threshold_ = std::nextafter(static_cast<float>(last->nearness - 2 * error_), -kInfinity);
    std::erase_if(all_, [&](const Candidate& one) { return one.nearness < threshold_; });
  }

 private:
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<Candidate> all_;
  float threshold_ = -kInfinity;
  double error_ = 0;
};

}  // namespace dmf::eval
