#include "dmf/eval/counter.h"

#include <algorithm>
#include <cmath>

#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

// With more right answers than this a binary search for every image is quicker than a comparison with each.
constexpr size_t kManyRightAnswers = 64;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotYet = std::numeric_limits<double>::quiet_NaN();

// Float32 neighbours of a double: `number > above(t)` proves number > t, `!(number > below(t))` proves number
// <= t.
float above(double threshold) {
  const auto near = static_cast<float>(threshold);
  return near >= threshold ? near : std::nextafter(near, std::numeric_limits<float>::infinity());
}
float below(double threshold) {
  const auto near = static_cast<float>(threshold);
  return near < threshold ? near : std::nextafter(near, -std::numeric_limits<float>::infinity());
}

}  // namespace

QueryCounter::QueryCounter(const Distances& distances, int64_t query, std::vector<Answer> right)
    : distances_(&distances),
      query_(query),
      right_(std::move(right)),
      before_(right_.size(), 0),
      nearest_wrong_nearness_(-kInfinity) {
  std::sort(right_.begin(), right_.end());
  for (const Answer& answer : right_) nearness_.push_back(distances.nearness(query, answer.distance));
}

void QueryCounter::count(const ScreenedRow& row, CounterScratch& scratch) {
  const float largest = tile_kernel().largest(row.nearness);
  if (largest == -std::numeric_limits<float>::infinity()) return;  // nobody here is a wrong answer
  scratch.exact.clear();
  if (largest >= nearest_wrong_nearness_ - row.error) find_nearest(row, largest, scratch);
  // Right answers that are nearer than every image here stay as they are.
  const auto first = static_cast<size_t>(
      std::partition_point(nearness_.begin(), nearness_.end(),
                           [&](double nearness) { return nearness - row.error > largest; }) -
      nearness_.begin());
  if (first == right_.size()) return;
  const size_t count = right_.size() - first;
  scratch.certain.resize(count);
  scratch.possible.resize(count);
  scratch.certainly_before.assign(count, 0);
  scratch.possibly_before.assign(count, 0);
  for (size_t k = 0; k < count; ++k) {
    scratch.certain[k] = above(nearness_[first + k] + row.error);
    scratch.possible[k] = below(nearness_[first + k] - row.error);
  }
  if (count < kManyRightAnswers) {
    count_each(row, scratch);
  } else {
    count_by_search(row, scratch);
  }
  for (size_t k = 0; k < count; ++k) before_[first + k] += scratch.certainly_before[k];
  if (scratch.certainly_before != scratch.possibly_before) decide(row, first, scratch);
}

void QueryCounter::count_each(const ScreenedRow& row, CounterScratch& scratch) {
  const auto count = static_cast<int64_t>(scratch.certain.size());
  tile_kernel().count_above(row.nearness, scratch.certain.data(), count, scratch.certainly_before.data());
  tile_kernel().count_above(row.nearness, scratch.possible.data(), count, scratch.possibly_before.data());
}

void QueryCounter::count_by_search(const ScreenedRow& row, CounterScratch& scratch) {
  const auto add = [](const std::vector<float>& thresholds, float number, std::vector<int32_t>& counts) {
    const auto at = std::partition_point(thresholds.begin(), thresholds.end(),
                                         [&](float threshold) { return !(number > threshold); });
    if (at != thresholds.end()) ++counts[static_cast<size_t>(at - thresholds.begin())];
  };
  for (int64_t i = 0; i < row.gallery.count(); ++i) {
    add(scratch.certain, row.nearness[i], scratch.certainly_before);
    add(scratch.possible, row.nearness[i], scratch.possibly_before);
  }
  for (size_t k = 1; k < scratch.certain.size(); ++k) {
    scratch.certainly_before[k] += scratch.certainly_before[k - 1];
    scratch.possibly_before[k] += scratch.possibly_before[k - 1];
  }
}

// Compares the images that float32 cannot place before or behind a right answer.
void QueryCounter::decide(const ScreenedRow& row, size_t first, CounterScratch& scratch) {
  for (size_t k = 0; k < scratch.certain.size(); ++k) {
    int32_t undecided = scratch.possibly_before[k] - scratch.certainly_before[k];
    const Answer& right = right_[first + k];
    for (int64_t i = 0; undecided > 0; ++i) {
      if (!(row.nearness[i] > scratch.possible[k]) || row.nearness[i] > scratch.certain[k]) continue;
      --undecided;
      const Answer wrong = answer(row, i, scratch);
      before_[first + k] += wrong < right;
      has_tie_ |= wrong.distance == right.distance;
    }
  }
}

void QueryCounter::find_nearest(const ScreenedRow& row, float largest, CounterScratch& scratch) {
  const float possible = below(largest - 2 * row.error);
  for (int64_t i = 0; i < row.gallery.count(); ++i) {
    if (!(row.nearness[i] > possible)) continue;
    const Answer wrong = answer(row, i, scratch);
    if (wrong < nearest_wrong_) nearest_wrong_ = wrong;
  }
  nearest_wrong_nearness_ = distances_->nearness(query_, nearest_wrong_.distance);
}

Answer QueryCounter::answer(const ScreenedRow& row, int64_t place, CounterScratch& scratch) const {
  if (scratch.exact.empty()) scratch.exact.assign(kBlockColumns, kNotYet);
  double& distance = scratch.exact[static_cast<size_t>(place)];
  const int64_t image = row.gallery.first + place;
  if (std::isnan(distance)) distance = distances_->pair(query_, image);
  return {distance, image};
}

QueryRanking QueryCounter::ranking() {
  QueryRanking result;
  for (size_t k = 0; k < right_.size(); ++k) result.ranks.push_back(static_cast<int64_t>(k) + 1 + before_[k]);
  result.right = std::move(right_);
  result.nearest_wrong = nearest_wrong_;
  result.has_tie = has_tie_;
  return result;
}

}  // namespace dmf::eval
