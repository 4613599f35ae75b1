#include "dmf/search/approximate.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/tile_kernel.h"
#include "dmf/search/approximate_plan.h"
#include "dmf/search/principal.h"

namespace dmf::search {
namespace {

constexpr int64_t kFewSelected = 4;  // times the candidates: then comparing all is as quick
constexpr int kMostAttempts = 8;     // to reach the wanted recall

bool is_nearer(const Near& a, const Near& b) {
  return a.product != b.product ? a.product > b.product : a.position < b.position;
}

double recall_of(const Answers& found, const Answers& exact) {
  int64_t hits = 0, all = 0;
  for (size_t q = 0; q < exact.size(); ++q) {
    for (const Hit& right : exact[q]) {
      hits +=
          std::any_of(found[q].begin(), found[q].end(), [&](const Hit& hit) { return hit.id == right.id; });
      ++all;
    }
  }
  return all == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(all);
}

}  // namespace

std::filesystem::path approximate_file(const std::filesystem::path& gallery) {
  return gallery / "approximate";
}

int64_t ApproximateIndex::covered(const Snapshot& snapshot) const {
  int64_t rows = 0;
  for (const SpacePart& part : spaces(snapshot).screen.parts) rows += part.rows;
  return rows;
}

ApproximateIndex::Spaces ApproximateIndex::spaces(const Snapshot& snapshot) const {
  Spaces result{{facts_.directions, {}}, {width_, {}}};
  for (const Part& part : snapshot.parts()) {
    if (part.rows == 0) continue;
    const auto known = std::find_if(covered_.begin(), covered_.end(),
                                    [&](const Covered& each) { return each.segment == part.number; });
    const int64_t count = known == covered_.end() ? 0 : std::min(known->rows, part.rows);
    if (count > 0)
      result.screen.parts.push_back({rows() + known->first * facts_.directions, part.first, count});
    if (count < part.rows)
      result.rest.parts.push_back({part.segment->row(count), part.first + count, part.rows - count});
  }
  return result;
}

void ApproximateIndex::project(const Snapshot& snapshot, int64_t threads) {
  for (const Part& part : snapshot.parts()) {
    if (part.rows == 0) continue;
    covered_.push_back({part.number, facts_.rows, part.rows});
    facts_.rows += part.rows;
    const std::span<const float> all(part.segment->row(0), static_cast<size_t>(part.rows * width_));
    const std::vector<float> rows = projected({all, part.rows, width_}, directions_, threads);
    values_.insert(values_.end(), rows.begin(), rows.end());
  }
}

ApproximateIndex ApproximateIndex::build(const Snapshot& snapshot, const ApproximateOptions& options) {
  DMF_CHECK(options.recall > 0 && options.recall < 1 && options.answers > 0 && options.queries > 0 &&
                options.directions >= 0 && options.directions <= snapshot.width(),
            InvalidArgument,
            "[approximate] expected a recall between 0 and 1 and at most {} directions, got {} and {}",
            snapshot.width(), options.recall, options.directions);
  DMF_CHECK(snapshot.count() > options.answers, InvalidArgument, "[approximate] {} crops are too few",
            snapshot.count());
  const ApproximateSample sample = draw_sample(snapshot, options);
  const ApproximatePlan plan = plan_approximate(snapshot, sample, options);
  ApproximateIndex index;
  index.width_ = snapshot.width();
  index.directions_ = plan.directions;
  index.facts_ = {0,
                  static_cast<int64_t>(plan.directions.size()) / snapshot.width(),
                  plan.candidates,
                  options.answers,
                  options.recall,
                  0};
  index.project(snapshot, options.threads);
  const Selection all = snapshot.all();
  for (int attempt = 1;; ++attempt) {
    const Answers found =
        index.search(snapshot, sample.queries(), options.answers + 1, all, {.threads = options.threads});
    index.facts_.recall = recall_of(found, sample.exact);
    if (index.facts_.recall >= aimed_recall(options) || attempt == kMostAttempts) return index;
    index.facts_.candidates += index.facts_.candidates / 2 + 1;
  }
}

Answers ApproximateIndex::search(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                                 const Selection& selection, const eval::WorkOptions& work) const {
  check_search(snapshot, queries, count, selection, work);
  const int64_t wanted =
      std::max(facts_.candidates, (facts_.candidates * count + facts_.answers - 1) / facts_.answers);
  if (selection.count <= kFewSelected * wanted)
    return search_exact(snapshot, queries, count, selection, work);
  const std::vector<float> units = unit_rows(queries);
  const eval::VectorView full{units, queries.count, queries.width};
  const std::vector<float> few = projected(full, directions_, work.threads);
  const Spaces spaces = this->spaces(snapshot);
  NearRows rows =
      nearest_rows(spaces.screen, {few, queries.count, facts_.directions}, wanted, selection, work);
  const NearRows others = nearest_rows(spaces.rest, full, count, selection, work);
  eval::run_in_parallel(queries.count, 4, work.threads, [&](eval::Rows some, int64_t) {
    for (int64_t q = some.first; q < some.last; ++q) {
      std::vector<Near>& own = rows[static_cast<size_t>(q)];
      for (Near& each : own)
        each.product =
            eval::tile_kernel().exact_product(full.row(q), snapshot.row(each.position), full.width);
      const std::vector<Near>& more = others[static_cast<size_t>(q)];
      own.insert(own.end(), more.begin(), more.end());
      const size_t kept = std::min(own.size(), static_cast<size_t>(count));
      std::partial_sort(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(kept), own.end(), is_nearer);
      own.resize(kept);
    }
  });
  return answers_of(snapshot, rows);
}

}  // namespace dmf::search
