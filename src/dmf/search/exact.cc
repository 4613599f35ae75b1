#include "dmf/search/exact.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/eval/screen.h"
#include "dmf/search/nearest.h"

namespace dmf::search {

std::vector<float> unit_rows(eval::VectorView vectors) {
  const std::vector<double> squares = eval::squared_norms(vectors);
  std::vector<float> values(vectors.values.begin(), vectors.values.end());
  for (int64_t i = 0; i < vectors.count; ++i) {
    const double length = std::sqrt(squares[static_cast<size_t>(i)]);
    for (int64_t k = i * vectors.width; k < (i + 1) * vectors.width; ++k)
      values[static_cast<size_t>(k)] =
          static_cast<float>(static_cast<double>(values[static_cast<size_t>(k)]) / length);
  }
  return values;
}

Answers search_exact(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                     const Selection& selection, const eval::WorkOptions& work) {
  check_search(snapshot, queries, count, selection, work);
  const std::vector<float> units = unit_rows(queries);
  return answers_of(snapshot, nearest_rows(snapshot.space(), {units, queries.count, queries.width}, count,
                                           selection, work));
}

void check_queries(eval::VectorView queries, int64_t width, int64_t count) {
  DMF_CHECK(queries.width == width, InvalidArgument,
            "[search] queries of {} numbers, the gallery's vectors have {}", queries.width, width);
  DMF_CHECK(count > 0, InvalidArgument, "[search] expected a positive number of answers, got {}", count);
  eval::check_vectors(queries, "query");
}

void check_search(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                  const Selection& selection, const eval::WorkOptions& work) {
  check_queries(queries, snapshot.width(), count);
  DMF_ASSERT(static_cast<int64_t>(selection.is_meant.size()) == snapshot.positions());
  eval::check_work(work);
}

Answers answers_of(const Snapshot& snapshot, const NearRows& rows) {
  Answers answers(rows.size());
  for (size_t q = 0; q < rows.size(); ++q) {
    for (const Near& row : rows[q])
      answers[q].push_back({snapshot.id_at(row.position), std::clamp(row.product, -1.0, 1.0), {}});
  }
  return answers;
}

void re_rank(const Snapshot& snapshot, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options) {
  const int64_t width = snapshot.width();
  std::vector<float> rows;
  for (const Hit& hit : hits) {
    const float* row = snapshot.vector(hit.id);
    DMF_ASSERT(row != nullptr);
    rows.insert(rows.end(), row, row + width);
  }
  re_rank(rows, width, query, hits, options);
}

void re_rank(std::span<const float> rows, int64_t width, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options) {
  if (hits.empty()) return;
  const auto count = static_cast<int64_t>(hits.size());
  const auto distances = eval::re_ranked_distances({{query, static_cast<size_t>(width)}, 1, width},
                                                   {rows, count, width}, eval::Metric::kCosine, options);
  for (int64_t i = 0; i < count; ++i) hits[static_cast<size_t>(i)].re_ranked = distances->pair(0, i);
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.re_ranked < b.re_ranked; });
}

}  // namespace dmf::search
