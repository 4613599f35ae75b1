#include "dmf/eval/re_ranking.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/eval/neighbours.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/sparse_rows.h"

namespace dmf::eval {

std::vector<SparseEntry> SparseSum::take() {
  // Where many were touched, looking at all is quicker than sorting.
  if (touched_.size() * 64 > values_.size()) return take_all();
  std::vector<SparseEntry> entries;
  entries.reserve(touched_.size());
  std::sort(touched_.begin(), touched_.end());
  for (const int32_t column : touched_) {
    float& sum = values_[static_cast<size_t>(column)];
    if (sum != 0) entries.push_back({column, sum});
    sum = 0;
  }
  touched_.clear();
  return entries;
}

std::vector<SparseEntry> SparseSum::take_all() {
  std::vector<SparseEntry> entries;
  entries.reserve(
      static_cast<size_t>(std::count_if(values_.begin(), values_.end(), [](float sum) { return sum != 0; })));
  for (size_t column = 0; column < values_.size(); ++column) {
    if (values_[column] != 0) entries.push_back({static_cast<int32_t>(column), values_[column]});
  }
  std::fill(values_.begin(), values_.end(), 0.0F);
  touched_.clear();
  return entries;
}

namespace {

constexpr int64_t kRows = 64;  // rows a thread takes at once

// Calls work(row, scratch) for each row; every thread has a sum of its own.
template <class Work>
void for_each_row(int64_t rows, int64_t columns, const WorkOptions& options, const Work& work) {
  std::vector<std::unique_ptr<SparseSum>> sums(static_cast<size_t>(thread_count(options.threads)));
  run_in_parallel(rows, kRows, options.threads, [&](Rows some, int64_t thread) {
    auto& sum = sums[static_cast<size_t>(thread)];
    if (!sum) sum = std::make_unique<SparseSum>(columns);
    for (int64_t row = some.first; row < some.last; ++row) work(row, *sum);
  });
}

// k-reciprocal neighbours of all images: j is one of i's when each is among the other's nearest k + 1 (itself
// counted).
class Reciprocal {
 public:
  Reciprocal(const Neighbours& neighbours, int64_t k)
      : neighbours_(neighbours), count_(std::min<int64_t>(k + 1, neighbours.per_query)) {}

  std::vector<int32_t> of(int64_t image) const {
    std::vector<int32_t> result;
    for (const int32_t other : nearest(image)) {
      const auto back = nearest(other);
      if (std::find(back.begin(), back.end(), static_cast<int32_t>(image)) != back.end())
        result.push_back(other);
    }
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::span<const int32_t> nearest(int64_t image) const {
    return neighbours_.of(image).first(static_cast<size_t>(count_));
  }

  const Neighbours& neighbours_;
  int64_t count_;
};

// k1 / 2 as NumPy's around() has it: a half goes to the even side.
int64_t half_of(int64_t k1) { return static_cast<int64_t>(std::nearbyint(static_cast<double>(k1) / 2)); }

size_t common(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  size_t count = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x < *y) {
      ++x;
    } else if (*y < *x) {
      ++y;
    } else {
      ++count, ++x, ++y;
    }
  }
  return count;
}

class ReRanked : public Distances {
 public:
  ReRanked(VectorView query, VectorView gallery, Metric metric, const ReRankingOptions& options,
           const WorkOptions& work)
      : options_(options), base_(vector_distances(query, gallery, metric)) {
    std::vector<float> all(query.values.begin(), query.values.end());
    all.insert(all.end(), gallery.values.begin(), gallery.values.end());
    const VectorView view{all, query.count + gallery.count, query.width};
    const auto distances = vector_distances(view, view, metric);
    const Neighbours neighbours = find_neighbours(*distances, std::max(options.k1 + 1, options.k2), work);
    farthest_.assign(neighbours.farthest.begin(), neighbours.farthest.begin() + query.count);
    // Where all distances are 0 there is nothing to scale.
    for (double& distance : farthest_) distance = distance > 0 ? distance : 1;
    SparseRows sets = neighbour_sets(*distances, neighbours, work);
    if (options.k2 > 1) sets = averaged(sets, neighbours, work);
    overlap_ = overlaps(std::move(sets), query.count, work);
  }

  int64_t query_count() const override { return base_->query_count(); }
  int64_t gallery_count() const override { return base_->gallery_count(); }

  double pair(int64_t query, int64_t gallery) const override {
    const auto& row = overlap_[static_cast<size_t>(query)];
    const auto at = std::lower_bound(row.begin(), row.end(), gallery,
                                     [](const SparseEntry& entry, int64_t g) { return entry.column < g; });
    const double similarity = at != row.end() && at->column == gallery ? at->value : 0.0;
    const double original =
        options_.lambda > 0 ? base_->pair(query, gallery) / farthest_[static_cast<size_t>(query)] : 0;
    return (1 - options_.lambda) * (1 - similarity) + options_.lambda * original;
  }

  void screen(const WorkOptions& work, const ScreenVisitor& visit) const override {
    base_->screen(work, [&](const ScreenedRow& row) {
      const double share = options_.lambda / farthest_[static_cast<size_t>(row.query)];
      const double offset = base_->distance(row.query, 0), slope = offset - base_->distance(row.query, 1);
      const auto factor = static_cast<float>(share * slope);
      const auto shift = static_cast<float>(-share * offset - (1 - options_.lambda));
      for (int64_t i = 0; i < row.gallery.count(); ++i) row.nearness[i] = factor * row.nearness[i] + shift;
      const auto& overlap = overlap_[static_cast<size_t>(row.query)];
      const auto gain = static_cast<float>(1 - options_.lambda);
      for (auto at = std::lower_bound(overlap.begin(), overlap.end(), row.gallery.first,
                                      [](const SparseEntry&entry, int64_t g) { return entry.column < g; });
           at != overlap.end() && at->column < row.gallery.last; ++at)
        row.nearness[at->column - row.gallery.first] += gain * at->value;
      // Six roundings of numbers no larger than `size`.
      const double size = 2 + 2 * share * std::abs(offset);
      visit(
          {row.query, row.gallery, row.nearness, share * slope * row.error + 6 * 0x1p-24 * size, row.thread});
    });
  }

  double nearness(int64_t, double distance) const override { return -distance; }
  double distance(int64_t, double nearness) const override { return -nearness; }
  std::pair<double, double> range() const override { return {0, 1}; }

 private:
  // Eq. 5 to 7 of the paper: each image's expanded reciprocal neighbours, weighted by their nearness.
  SparseRows neighbour_sets(const Distances& distances, const Neighbours& neighbours,
                            const WorkOptions& work) const {
    const int64_t count = distances.query_count();
    const Reciprocal whole(neighbours, options_.k1), half(neighbours, half_of(options_.k1));
    std::vector<std::vector<int32_t>> smaller(static_cast<size_t>(count));
    run_in_parallel(count, kRows, work.threads, [&](Rows rows, int64_t) {
      for (int64_t i = rows.first; i < rows.last; ++i) smaller[static_cast<size_t>(i)] = half.of(i);
    });
    SparseRows sets(static_cast<size_t>(count));
    run_in_parallel(count, kRows, work.threads, [&](Rows rows, int64_t) {
      for (int64_t i = rows.first; i < rows.last; ++i) {
        const std::vector<int32_t> reciprocal = whole.of(i);
        std::vector<int32_t> expanded = reciprocal;
        for (const int32_t candidate : reciprocal) {
          const std::vector<int32_t>& theirs = smaller[static_cast<size_t>(candidate)];
          if (static_cast<double>(common(theirs, reciprocal)) > 2. / 3 * static_cast<double>(theirs.size()))
            expanded.insert(expanded.end(), theirs.begin(), theirs.end());
        }
        std::sort(expanded.begin(), expanded.end());
        expanded.erase(std::unique(expanded.begin(), expanded.end()), expanded.end());
        sets[static_cast<size_t>(i)] = weighted(distances, neighbours, i, expanded);
      }
    });
    return sets;
  }

  static std::vector<SparseEntry> weighted(const Distances& distances, const Neighbours& neighbours,
                                           int64_t image, const std::vector<int32_t>& others) {
    const double farthest = neighbours.farthest[static_cast<size_t>(image)];
    const auto near = neighbours.of(image);
    const double* near_distances = neighbours.distances.data() + image * neighbours.per_query;
    std::vector<double> weights;
    double sum = 0;
    for (const int32_t other : others) {
      const auto known = std::find(near.begin(), near.end(), other);
      const double distance =
          known != near.end() ? near_distances[known - near.begin()] : distances.pair(image, other);
      weights.push_back(std::exp(farthest > 0 ? -distance / farthest : 0));
      sum += weights.back();
    }
    std::vector<SparseEntry> row;
    for (size_t i = 0; i < others.size(); ++i)
      row.push_back({others[i], static_cast<float>(weights[i] / sum)});
    return row;
  }

  // The paper's local query expansion: the mean of the nearest k2 images' rows.
  SparseRows averaged(const SparseRows& sets, const Neighbours& neighbours, const WorkOptions& work) const {
    SparseRows means(sets.size());
    const auto count = static_cast<size_t>(std::min(options_.k2, neighbours.per_query));
    const auto part = 1 / static_cast<float>(count);
    for_each_row(static_cast<int64_t>(sets.size()), static_cast<int64_t>(sets.size()), work,
                 [&](int64_t row, SparseSum& sum) {
                   for (const int32_t other : neighbours.of(row).first(count)) {
                     for (const SparseEntry& entry : sets[static_cast<size_t>(other)])
                       sum.add(entry.column, part * entry.value);
                   }
                   means[static_cast<size_t>(row)] = sum.take();
                 });
    return means;
  }

  // Which gallery images hold a neighbour, and how strongly; their rows are given back as they are read.
  static SparseRows inverted(SparseRows& sets, int64_t queries) {
    std::vector<size_t> holders(sets.size(), 0);
    for (size_t g = static_cast<size_t>(queries); g < sets.size(); ++g) {
      for (const SparseEntry& entry : sets[g]) ++holders[static_cast<size_t>(entry.column)];
    }
    SparseRows result(sets.size());
    for (size_t column = 0; column < sets.size(); ++column) result[column].reserve(holders[column]);
    for (size_t g = static_cast<size_t>(queries); g < sets.size(); ++g) {
      for (const SparseEntry& entry : sets[g])
        result[static_cast<size_t>(entry.column)].push_back(
            {static_cast<int32_t>(static_cast<int64_t>(g) - queries), entry.value});
      sets[g] = {};
    }
    return result;
  }

  // 1 - the Jaccard distance, of the pairs of a query and a gallery image where it is not 0.
  static SparseRows overlaps(SparseRows sets, int64_t queries, const WorkOptions& work) {
    const SparseRows holders = inverted(sets, queries);
    SparseRows overlap(static_cast<size_t>(queries));
    for_each_row(queries, static_cast<int64_t>(sets.size()) - queries, work,
                 [&](int64_t query, SparseSum& sum) {
                   for (const SparseEntry& own : sets[static_cast<size_t>(query)])
                     sum.add_smaller(holders[static_cast<size_t>(own.column)], own.value);
                   auto& row = overlap[static_cast<size_t>(query)];
                   row = sum.take_all();
                   // Both rows sum up to 1: the union is 2 minus what they share.
                   for (SparseEntry& entry : row)
                     entry.value = std::min(entry.value / (2 - entry.value), 1.0F);
                 });
    return overlap;
  }

  ReRankingOptions options_;
  std::unique_ptr<Distances> base_;
  std::vector<double> farthest_;  // of each query
  SparseRows overlap_;            // 1 - Jaccard distance
};

}  // namespace

std::unique_ptr<Distances> re_ranked_distances(VectorView query, VectorView gallery, Metric metric,
                                               const ReRankingOptions& options, const WorkOptions& work) {
  check_work(work);
  DMF_CHECK(options.k1 > 0 && options.k2 > 0 && options.lambda >= 0 && options.lambda <= 1, InvalidArgument,
            "[re-ranking] expected k1 > 0, k2 > 0 and lambda in [0, 1], got {}, {} and {}", options.k1,
            options.k2, options.lambda);
  return std::make_unique<ReRanked>(query, gallery, metric, options, work);
}

}  // namespace dmf::eval
