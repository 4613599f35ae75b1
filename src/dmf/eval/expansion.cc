#include "dmf/eval/expansion.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "dmf/core/error.h"
#include "dmf/eval/neighbours.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

// sum[k] += weight * vector[k]
void add(const float* vector, double weight, std::vector<double>& sum) {
  for (size_t k = 0; k < sum.size(); ++k) sum[k] += weight * static_cast<double>(vector[k]);
}

double length(const float* vector, int64_t width) {
  double square = 0;
  for (int64_t k = 0; k < width; ++k)
    square += static_cast<double>(vector[k]) * static_cast<double>(vector[k]);
  return std::sqrt(square);
}

std::vector<float> expand_once(VectorView all, const ExpansionOptions& options, const WorkOptions& work) {
  const Neighbours neighbours =
      find_neighbours(*vector_distances(all, all, Metric::kCosine), options.neighbours, work);
  std::vector<float> expanded(all.values.size());
  run_in_parallel(all.count, 64, work.threads, [&](Rows rows, int64_t) {
    std::vector<double> sum(static_cast<size_t>(all.width));
    for (int64_t i = rows.first; i < rows.last; ++i) {
      std::fill(sum.begin(), sum.end(), 0.0);
      for (int64_t n = 0; n < neighbours.per_query; ++n) {
        const auto place = static_cast<size_t>(i * neighbours.per_query + n);
        const double cosine = std::max(0.0, 1 - neighbours.distances[place]);
        add(all.row(neighbours.images[place]), std::pow(cosine, options.alpha), sum);
      }
      for (int64_t k = 0; k < all.width; ++k)
        expanded[static_cast<size_t>(i * all.width + k)] =
            static_cast<float>(sum[static_cast<size_t>(k)] / static_cast<double>(neighbours.per_query));
    }
  });
  return expanded;
}

}  // namespace

ExpandedVectors expand(VectorView query, VectorView gallery, const ExpansionOptions& options,
                       const WorkOptions& work) {
  DMF_CHECK(options.neighbours > 0 && options.alpha >= 0 && options.times > 0, InvalidArgument,
            "[expansion] expected neighbours > 0, alpha >= 0 and times > 0, got {}, {} and {}",
            options.neighbours, options.alpha, options.times);
  DMF_CHECK(query.width == gallery.width, InvalidArgument,
            "[expansion] vectors of different width: query has {}, gallery has {}", query.width,
            gallery.width);
  std::vector<float> all(query.values.begin(), query.values.end());
  all.insert(all.end(), gallery.values.begin(), gallery.values.end());
  for (int64_t i = 0; i < options.times; ++i)
    all = expand_once({all, query.count + gallery.count, query.width}, options, work);
  const auto split = all.begin() + static_cast<int64_t>(query.values.size());
  return {{{all.begin(), split}, query.count, query.width}, {{split, all.end()}, gallery.count, query.width}};
}

PooledQueries pool_queries(const LabelledVectors& query) {
  const VectorView& vectors = query.vectors;
  check_labels(query.labels, vectors.count, "query");
  check_vectors(vectors, "query");
  std::map<std::pair<int64_t, int64_t>, size_t> group_of;
  std::vector<std::vector<int64_t>> groups;
  for (int64_t q = 0; q < vectors.count; ++q) {
    const std::pair key(query.labels.identities[static_cast<size_t>(q)], query.labels.camera(q));
    const auto [at, is_new] = group_of.try_emplace(key, groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(q);
  }
  PooledQueries pooled{{{}, static_cast<int64_t>(groups.size()), vectors.width}, {}};
  std::vector<double> sum(static_cast<size_t>(vectors.width));
  for (const std::vector<int64_t>& group : groups) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const int64_t q : group)
      add(vectors.row(q), 1 / (length(vectors.row(q), vectors.width) * static_cast<double>(group.size())),
          sum);
    for (const double value : sum) pooled.vectors.values.push_back(static_cast<float>(value));
    pooled.labels.identities.push_back(query.labels.identities[static_cast<size_t>(group.front())]);
    if (!query.labels.cameras.empty()) pooled.labels.cameras.push_back(query.labels.camera(group.front()));
  }
  return pooled;
}

}  // namespace dmf::eval
