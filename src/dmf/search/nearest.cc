#include "dmf/search/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/eval/candidates.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/screen.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::search {
namespace {

constexpr int64_t kFewQueries = 4;     // that are compared row by row: a tile would be mostly empty
constexpr int64_t kRowsAtOnce = 4096;  // that a thread compares
constexpr int64_t kChunk = 32768;      // rows that are screened at once
constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool is_nearer(const Near& a, const Near& b) {
  return a.product != b.product ? a.product > b.product : a.position < b.position;
}

/// The nearest rows so far, the farthest of them on top of a heap.
class Nearest {
 public:
  void see(const Near& hit, int64_t count) {
    if (static_cast<int64_t>(hits_.size()) < count) {
      hits_.push_back(hit);
      std::push_heap(hits_.begin(), hits_.end(), is_nearer);
    } else if (is_nearer(hit, hits_.front())) {
      std::pop_heap(hits_.begin(), hits_.end(), is_nearer);
      hits_.back() = hit;
      std::push_heap(hits_.begin(), hits_.end(), is_nearer);
    }
  }
  /// Less than this cannot be among them.
  double least(int64_t count) const {
    return static_cast<int64_t>(hits_.size()) < count ? -kInfinity : hits_.front().product;
  }
  const std::vector<Near>& hits() const { return hits_; }

 private:
  std::vector<Near> hits_;
};

/// What a search has in common.
struct Search {
  const Space& space;
  eval::VectorView queries;
  int64_t count;
  const Selection& selection;
  eval::WorkOptions work;

  double product(int64_t query, const float* row) const {
    return eval::tile_kernel().exact_product(queries.row(query), row, queries.width);
  }
  bool is_meant(int64_t position) const { return selection.is_meant[static_cast<size_t>(position)] != 0; }
};

NearRows finished(NearRows hits, int64_t count) {
  for (std::vector<Near>& each : hits) {
    std::sort(each.begin(), each.end(), is_nearer);
    if (static_cast<int64_t>(each.size()) > count) each.resize(static_cast<size_t>(count));
  }
  return hits;
}

NearRows row_by_row(const Search& search) {
  const auto queries = static_cast<size_t>(search.queries.count);
  const auto threads = static_cast<size_t>(eval::thread_count(search.work.threads));
  std::vector<std::vector<Nearest>> nearest(threads, std::vector<Nearest>(queries));
  for (const SpacePart& part : search.space.parts) {
    eval::run_in_parallel(part.rows, kRowsAtOnce, search.work.threads, [&](eval::Rows rows, int64_t thread) {
      stop_if_interrupted("searching");
      for (int64_t row = rows.first; row < rows.last; ++row) {
        if (!search.is_meant(part.first + row)) continue;
        const float* vector = part.values + row * search.space.width;
        for (size_t q = 0; q < queries; ++q) {
          Nearest& own = nearest[static_cast<size_t>(thread)][q];
          const double product = search.product(static_cast<int64_t>(q), vector);
          if (product >= own.least(search.count)) own.see({part.first + row, product}, search.count);
        }
      }
    });
  }
  NearRows hits(queries);
  for (const auto& of_thread : nearest) {
    for (size_t q = 0; q < queries; ++q)
      hits[q].insert(hits[q].end(), of_thread[q].hits().begin(), of_thread[q].hits().end());
  }
  return finished(std::move(hits), search.count);
}

/// The nearest rows of one query while the gallery passes by.
class ScreenedQuery {
 public:
  /// @param positions  of the screened rows; empty: they begin at `first`
  void see(const Search& search, const eval::ScreenedRow& row, const std::vector<int64_t>& positions,
           int64_t first) {
    if (eval::tile_kernel().largest(row.nearness) < candidates_.threshold()) return;
    candidates_.allow_error(row.error);
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (row.nearness[i] < candidates_.threshold()) continue;
      const int64_t place = row.gallery.first + i;
      const int64_t position = positions.empty() ? first + place : positions[static_cast<size_t>(place)];
      if (search.is_meant(position)) candidates_.add(row.nearness[i], position);
    }
    if (!candidates_.are_many(search.count)) return;
    candidates_.keep_possible(search.count);
    if (candidates_.count() > 2 * search.count) decide(search, row.query);
  }

  std::vector<Near> take(const Search& search, int64_t query) {
    candidates_.keep_possible(search.count);
    return exact(search, query);
  }

 private:
  // Too many are about equally far: float32 cannot tell which are nearer.
  void decide(const Search& search, int64_t query) {
    std::vector<Near> hits = exact(search, query);
    std::partial_sort(hits.begin(), hits.begin() + search.count, hits.end(), is_nearer);
    candidates_.clear();
    for (int64_t i = 0; i < search.count; ++i) {
      const Near& hit = hits[static_cast<size_t>(i)];
      candidates_.add(static_cast<float>(hit.product), hit.position);
    }
  }

  std::vector<Near> exact(const Search& search, int64_t query) const {
    std::vector<Near> hits;
    for (const auto& one : candidates_.all())
      hits.push_back({one.place, search.product(query, search.space.row(one.place))});
    return hits;
  }

  eval::Candidates<int64_t> candidates_;
};

/// Rows that are screened together: as they lie, or (where few of them are meant) copied.
struct Chunk {
  const float* rows = nullptr;
  int64_t count = 0;
  int64_t first = 0;               // position of the first row; where they were copied:
  std::vector<int64_t> positions;  // of each
  std::vector<float> copied;
};

Chunk chunk_of(const Search& search, const SpacePart& part, eval::Rows rows) {
  Chunk chunk{part.values + rows.first * search.space.width, rows.count(), part.first + rows.first, {}, {}};
  const auto begin = search.selection.is_meant.begin() + chunk.first;
  const auto meant = std::count(begin, begin + rows.count(), uint8_t{1});
  if (meant == 0) return {};
  if (2 * meant > rows.count()) return chunk;
  const int64_t width = search.queries.width;
  chunk.copied.reserve(static_cast<size_t>(meant * width));
  for (int64_t row = rows.first; row < rows.last; ++row) {
    if (!search.is_meant(part.first + row)) continue;
    const float* from = part.values + row * search.space.width;
    chunk.copied.insert(chunk.copied.end(), from, from + width);
    chunk.positions.push_back(part.first + row);
  }
  chunk.rows = chunk.copied.data();
  chunk.count = meant;
  return chunk;
}

NearRows tile_by_tile(const Search& search) {
  const int64_t width = search.queries.width;
  std::vector<ScreenedQuery> candidates(static_cast<size_t>(search.queries.count));
  // Taken for squared lengths, they make a "cosine" of the plain product.
  const std::vector<double> ones(static_cast<size_t>(std::max(kChunk, search.queries.count)), 1.0);
  for (const SpacePart& part : search.space.parts) {
    for (int64_t first = 0; first < part.rows; first += kChunk) {
      const Chunk chunk = chunk_of(search, part, {first, std::min(first + kChunk, part.rows)});
      if (chunk.count == 0) continue;
      const eval::VectorView rows{{chunk.rows, static_cast<size_t>(chunk.count * width)}, chunk.count, width};
      const eval::ProductScreen screen(
          {search.queries, {ones.data(), static_cast<size_t>(search.queries.count)}},
          {rows, {ones.data(), static_cast<size_t>(chunk.count)}}, eval::Metric::kCosine);
      screen.run(search.work, [&](const eval::ScreenedRow& row) {
        // Lengths may be above 1 by a rounding, which the error does not know of.
        eval::ScreenedRow wider = row;
        wider.error = 1.001 * row.error + 1e-6;
        candidates[static_cast<size_t>(row.query)].see(search, wider, chunk.positions, chunk.first);
      });
    }
  }
  NearRows hits(candidates.size());
  eval::run_in_parallel(search.queries.count, 16, search.work.threads, [&](eval::Rows some, int64_t) {
    for (int64_t q = some.first; q < some.last; ++q)
      hits[static_cast<size_t>(q)] = candidates[static_cast<size_t>(q)].take(search, q);
  });
  return finished(std::move(hits), search.count);
}

}  // namespace

NearRows nearest_rows(const Space& space, eval::VectorView queries, int64_t count, const Selection& selection,
                      const eval::WorkOptions& work) {
  DMF_ASSERT(queries.width == space.width && count > 0);
  if (selection.count == 0) return NearRows(static_cast<size_t>(queries.count));
  const Search search{space, queries, std::min(count, selection.count), selection, work};
  return queries.count <= kFewQueries ? row_by_row(search) : tile_by_tile(search);
}

}  // namespace dmf::search
