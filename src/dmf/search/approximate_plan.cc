#include "dmf/search/approximate_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/random.h"
#include "dmf/eval/parallel.h"
#include "dmf/search/principal.h"

namespace dmf::search {
namespace {

constexpr int64_t kTraining = 16384;  // rows that directions are found from
constexpr int64_t kSubset = 32768;    // rows that right answers are compared with
constexpr double kFetch = 64;         // what a number of a candidate costs beside a screened one
constexpr int64_t kMostDirections = 256;
constexpr int64_t kStep = 32, kSmallStep = 8;  // of their number: products are quickest of multiples of 32

/// `count` of the vectors that can be found, by chance, each once.
std::vector<int64_t> drawn(const Snapshot& snapshot, int64_t count, uint64_t seed, const char* purpose) {
  RandomStream random(seed, purpose);
  std::vector<int64_t> places = snapshot.places();
  const auto kept = std::min(count, static_cast<int64_t>(places.size()));
  for (int64_t i = 0; i < kept; ++i) {
    const int64_t other = i + random.integer(static_cast<int64_t>(places.size()) - i);
    std::swap(places[static_cast<size_t>(i)], places[static_cast<size_t>(other)]);
  }
  places.resize(static_cast<size_t>(kept));
  return places;
}

std::vector<float> rows_at(const Snapshot& snapshot, const std::vector<int64_t>& places) {
  std::vector<float> values;
  values.reserve(places.size() * static_cast<size_t>(snapshot.width()));
  for (const int64_t place : places) {
    const float* row = snapshot.row(place);
    values.insert(values.end(), row, row + snapshot.width());
  }
  return values;
}

std::vector<int64_t> widths_to_try(const Snapshot& snapshot, const ApproximateOptions& options) {
  if (options.directions > 0) return {options.directions};
  std::vector<int64_t> widths;
  const int64_t step = snapshot.width() >= 4 * kStep ? kStep : kSmallStep;
  for (int64_t width = step; width <= std::min(snapshot.width() / 2, kMostDirections); width += step)
    widths.push_back(width);
  if (widths.empty()) widths.push_back(snapshot.width());
  return widths;
}

/// Products over the first directions, for each number of directions to try.
class Prefixes {
 public:
  explicit Prefixes(std::vector<int64_t> widths) : widths_(std::move(widths)) {}
  size_t count() const { return widths_.size(); }

  void products(const float* a, const float* b, double* out) const {
    double sum = 0;
    int64_t k = 0;
    for (size_t i = 0; i < widths_.size(); ++i) {
      // Four sums side by side: one alone would wait for itself.
      float parts[4] = {0, 0, 0, 0};
      for (; k + 4 <= widths_[i]; k += 4) {
        for (int64_t j = 0; j < 4; ++j) parts[j] += a[k + j] * b[k + j];
      }
      for (; k < widths_[i]; ++k) parts[0] += a[k] * b[k];
      sum += static_cast<double>(parts[0] + parts[1] + parts[2] + parts[3]);
      out[i] = sum;
    }
  }

 private:
  std::vector<int64_t> widths_;
};

/// How many rows of the gallery come before each right answer, about: [width to try][all right answers].
using Ranks = std::vector<std::vector<double>>;

Ranks ranks_of(const Snapshot& snapshot, const ApproximateSample& sample,
               const std::vector<float>& directions, const Prefixes& prefixes,
               const ApproximateOptions& options) {
  const int64_t width = snapshot.width(), most = static_cast<int64_t>(directions.size()) / width;
  const std::vector<int64_t> places = drawn(snapshot, kSubset, options.seed, "approximate subset");
  const auto rows = static_cast<int64_t>(places.size());
  const std::vector<float> subset =
      projected({rows_at(snapshot, places), rows, width}, directions, options.threads);
  const std::vector<float> queries = projected(sample.queries(), directions, options.threads);
  const double share = static_cast<double>(snapshot.count()) / static_cast<double>(rows);
  std::vector<Ranks> by_query(static_cast<size_t>(sample.count), Ranks(prefixes.count()));
  eval::run_in_parallel(sample.count, 1, options.threads, [&](eval::Rows some, int64_t) {
    const auto q = static_cast<size_t>(some.first);
    const float* query = queries.data() + some.first * most;
    const std::vector<Hit>& right = sample.exact[q];
    // [prefix][right answer]
    std::vector<std::vector<double>> own(prefixes.count(), std::vector<double>(right.size()));
    std::vector<double> products(prefixes.count());
    for (size_t j = 0; j < right.size(); ++j) {
      const float* vector = snapshot.vector(right[j].id);
      const std::vector<float> few =
          projected({{vector, static_cast<size_t>(width)}, 1, width}, directions, /*threads=*/1);
      prefixes.products(query, few.data(), products.data());
      for (size_t i = 0; i < prefixes.count(); ++i) own[i][j] = products[i];
    }
    Ranks& ranks = by_query[q];
    for (auto& each : ranks) each.assign(right.size(), 0.0);
    for (int64_t row = 0; row < rows; ++row) {
      prefixes.products(query, subset.data() + row * most, products.data());
      for (size_t i = 0; i < prefixes.count(); ++i) {
        for (size_t j = 0; j < right.size(); ++j) ranks[i][j] += products[i] > own[i][j];
      }
    }
    for (auto& each : ranks) {
      for (double& rank : each) rank = rank * share + 1;
    }
  });
  Ranks result(prefixes.count());
  for (const Ranks& ranks : by_query) {
    for (size_t i = 0; i < prefixes.count(); ++i)
      result[i].insert(result[i].end(), ranks[i].begin(), ranks[i].end());
  }
  return result;
}

}  // namespace

ApproximateSample draw_sample(const Snapshot& snapshot, const ApproximateOptions& options) {
  const std::vector<int64_t> places = drawn(snapshot, options.queries, options.seed, "approximate queries");
  ApproximateSample sample{
      {}, rows_at(snapshot, places), static_cast<int64_t>(places.size()), snapshot.width(), {}};
  for (const int64_t place : places) sample.ids.push_back(snapshot.id_at(place));
  sample.exact = search_exact(snapshot, sample.queries(), options.answers + 1, snapshot.all(),
                              {.threads = options.threads});
  for (size_t q = 0; q < sample.exact.size(); ++q) {
    std::erase_if(sample.exact[q], [&](const Hit& hit) { return hit.id == sample.ids[q]; });
    sample.exact[q].resize(std::min(sample.exact[q].size(), static_cast<size_t>(options.answers)));
  }
  return sample;
}

ApproximatePlan plan_approximate(const Snapshot& snapshot, const ApproximateSample& sample,
                                 const ApproximateOptions& options) {
  const int64_t width = snapshot.width();
  const std::vector<int64_t> widths = widths_to_try(snapshot, options);
  const std::vector<int64_t> places = drawn(snapshot, kTraining, options.seed, "approximate training");
  const std::vector<float> training = rows_at(snapshot, places);
  std::vector<float> directions = principal_directions({training, static_cast<int64_t>(places.size()), width},
                                                       widths.back(), options.threads);
  Ranks ranks = ranks_of(snapshot, sample, directions, Prefixes(widths), options);
  double least = std::numeric_limits<double>::infinity();
  ApproximatePlan plan;
  int64_t chosen = widths.back();
  for (size_t i = 0; i < widths.size(); ++i) {
    std::vector<double>& own = ranks[i];
    const auto place =
        static_cast<size_t>(std::ceil(aimed_recall(options) * static_cast<double>(own.size()))) - 1;
    std::nth_element(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(place), own.end());
    const double candidates = std::max(own[place], static_cast<double>(2 * options.answers));
    const double cost =
        static_cast<double>(snapshot.count() * widths[i]) + kFetch * candidates * static_cast<double>(width);
    if (cost >= least) continue;
    least = cost;
    chosen = widths[i];
    plan.candidates = static_cast<int64_t>(std::ceil(candidates));
  }
  directions.resize(static_cast<size_t>(chosen * width));
  plan.directions = std::move(directions);
  return plan;
}

}  // namespace dmf::search
