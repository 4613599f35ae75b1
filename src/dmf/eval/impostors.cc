#include "dmf/eval/impostors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

constexpr int64_t kBins = 1 << 14;
constexpr size_t kMostCollected = size_t{1} << 27;  // 1 GiB of distances

struct Line {
  double offset, slope;  // distance = offset - slope * nearness
};
Line line_of(const Distances& distances, int64_t query) {
  const double offset = distances.distance(query, 0);
  return {offset, offset - distances.distance(query, 1)};
}

}  // namespace

int64_t accepted_at(double far, int64_t count) {
  return static_cast<int64_t>(std::floor(far * static_cast<double>(count) * (1 + 1e-12)));
}

Impostors::Impostors(const Distances& distances, const Answers& answers, const WorkOptions& work)
    : distances_(distances), answers_(answers), work_(work), histogram_(kBins, 0) {
  const auto [low, high] = distances.range();
  low_ = low;
  width_ = high > low ? (high - low) / kBins : 1;
  const auto threads = static_cast<size_t>(thread_count(work.threads));
  std::vector<std::vector<int64_t>> histograms(threads, std::vector<int64_t>(kBins, 0));
  std::vector<double> errors(threads, 0);
  distances.screen(work, [&](const ScreenedRow& row) {
    answers.keep_wrong(row);
    const Line line = line_of(distances, row.query);
    const auto thread = static_cast<size_t>(row.thread);
    errors[thread] = std::max(errors[thread], line.slope * row.error);
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (std::isinf(row.nearness[i])) continue;
      ++histograms[thread][static_cast<size_t>(bin(line.offset - line.slope * row.nearness[i]))];
    }
  });
  for (size_t t = 0; t < threads; ++t) {
    error_ = std::max(error_, errors[t]);
    for (size_t b = 0; b < kBins; ++b) histogram_[b] += histograms[t][b];
  }
  for (const int64_t pairs : histogram_) count_ += pairs;
}

int64_t Impostors::bin(double distance) const {
  return std::clamp<int64_t>(static_cast<int64_t>((distance - low_) / width_), 0, kBins - 1);
}

// A distance whose screened value is in `bin` can only be among exact distances of these bins' screened
// values.
Impostors::Bins Impostors::bins_around(int64_t bin) const {
  const auto margin = static_cast<int64_t>(std::min(2 * error_ / width_, static_cast<double>(kBins))) + 1;
  return {std::max<int64_t>(bin - margin, 0), std::min(bin + margin, kBins - 1)};
}

int64_t Impostors::before(int64_t bin) const {
  int64_t sum = 0;
  for (int64_t b = 0; b < bin; ++b) sum += histogram_[static_cast<size_t>(b)];
  return sum;
}

int64_t Impostors::bin_of_place(int64_t place) const {
  int64_t sum = 0, b = 0;
  for (; b + 1 < kBins; ++b) {
    sum += histogram_[static_cast<size_t>(b)];
    if (sum > place) break;
  }
  return b;
}

void Impostors::visit(const std::function<void(int64_t, int64_t, double)>& visit) const {
  distances_.screen(work_, [&](const ScreenedRow& row) {
    answers_.keep_wrong(row);
    const Line line = line_of(distances_, row.query);
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (!std::isinf(row.nearness[i]))
        visit(row.query, row.thread, line.offset - line.slope * row.nearness[i]);
    }
  });
}

// Exact distances of all pairs whose screened distance lies in each window of bins, sorted.
std::vector<std::vector<double>> Impostors::collect(const std::vector<Bins>& windows) const {
  std::vector<char> is_wanted(kBins, 0);
  for (const Bins& window : windows)
    std::fill(is_wanted.begin() + window.first, is_wanted.begin() + window.last + 1, 1);
  size_t wanted = 0;
  for (size_t b = 0; b < kBins; ++b) wanted += is_wanted[b] != 0 ? static_cast<size_t>(histogram_[b]) : 0;
  DMF_CHECK(
      wanted <= kMostCollected, InvalidArgument,
      "[open set] {} of {} pairs lie too near each other to be told apart in memory; hint: has the model "
      "collapsed (the same vector for everybody)?",
      wanted, count_);
  struct Found {
    int64_t bin;
    double distance;
  };
  std::vector<std::vector<Found>> found(static_cast<size_t>(thread_count(work_.threads)));
  distances_.screen(work_, [&](const ScreenedRow& row) {
    answers_.keep_wrong(row);
    const Line line = line_of(distances_, row.query);
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (std::isinf(row.nearness[i])) continue;
      const int64_t b = bin(line.offset - line.slope * row.nearness[i]);
      if (is_wanted[static_cast<size_t>(b)] != 0)
        found[static_cast<size_t>(row.thread)].push_back(
            {b, distances_.pair(row.query, row.gallery.first + i)});
    }
  });
  std::vector<std::vector<double>> collected;
  for (const Bins& window : windows) {
    std::vector<double>& distances = collected.emplace_back();
    for (const auto& part : found) {
      for (const Found& one : part) {
        if (one.bin >= window.first && one.bin <= window.last) distances.push_back(one.distance);
      }
    }
    std::sort(distances.begin(), distances.end());
  }
  return collected;
}

std::vector<double> Impostors::at(const std::vector<int64_t>& places) const {
  std::vector<Bins> windows;
  for (const int64_t place : places) windows.push_back(bins_around(bin_of_place(place)));
  const std::vector<std::vector<double>> collected = collect(windows);
  std::vector<double> distances;
  for (size_t i = 0; i < places.size(); ++i) {
    distances.push_back(places[i] >= count_
                            ? std::numeric_limits<double>::infinity()
                            : collected[i][static_cast<size_t>(places[i] - before(windows[i].first))]);
  }
  return distances;
}

int64_t Impostors::about_within(double distance) const { return before(bin(distance) + 1); }

double Impostors::about_at(int64_t place) const {
  return low_ + width_ * static_cast<double>(bin_of_place(place) + 1);
}

ImpostorWindow Impostors::around(double distance) const {
  const int64_t middle = bin(distance);
  const auto margin = static_cast<int64_t>(error_ / width_) + 1;
  const Bins inner{std::max<int64_t>(middle - margin, 0), std::min(middle + margin, kBins - 1)};
  const Bins outer{bins_around(inner.first).first, bins_around(inner.last).last};
  ImpostorWindow window;
  window.low = inner.first == 0 ? -std::numeric_limits<double>::infinity()
                                : low_ + width_ * static_cast<double>(inner.first);
  window.high = inner.last == kBins - 1 ? std::numeric_limits<double>::infinity()
                                        : low_ + width_ * static_cast<double>(inner.last + 1);
  window.before = before(outer.first);
  window.distances = std::move(collect({outer}).front());
  return window;
}

}  // namespace dmf::eval
