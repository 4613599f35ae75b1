#include "dmf/eval/ranking.h"

#include <algorithm>

#include "dmf/core/error.h"
#include "dmf/eval/answers.h"
#include "dmf/eval/counter.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

// Images of the query's identity: right answers or, on its own camera, removed.
struct OwnAnswers {
  std::vector<Answer> right;
  Answer nearest_removed;
};

OwnAnswers own_answers(const Distances& distances, const Answers& answers, int64_t query) {
  OwnAnswers own;
  for (const int64_t image : answers.own_images(query)) {
    const Answer answer{distances.pair(query, image), image};
    if (!answers.is_same_camera(query, image)) {
      own.right.push_back(answer);
    } else if (answer < own.nearest_removed) {
      own.nearest_removed = answer;
    }
  }
  return own;
}

void compare_cameras(const Answers& answers, int64_t query, const Answer& nearest_removed,
                     QueryRanking& ranking) {
  const auto is_own = [&](const Answer& answer) {
    return answer.exists() && answers.is_same_camera(query, answer.image);
  };
  Answer first = ranking.nearest_wrong;
  if (!ranking.right.empty()) first = std::min(first, ranking.right.front());
  ranking.first_is_own_camera = is_own(first);
  ranking.nearest_is_own_camera = is_own(std::min(first, nearest_removed));
}

}  // namespace

std::vector<QueryRanking> rank_right_answers(const Distances& distances, const Labels& query,
                                             const Labels& gallery, const WorkOptions& work) {
  check_work(work);
  const Answers answers(query, distances.query_count(), gallery, distances.gallery_count());
  const auto count = static_cast<size_t>(query.count());
  std::vector<OwnAnswers> own(count);
  run_in_parallel(query.count(), work.query_block, work.threads, [&](Rows queries, int64_t) {
    for (int64_t q = queries.first; q < queries.last; ++q)
      own[static_cast<size_t>(q)] = own_answers(distances, answers, q);
  });
  std::vector<QueryCounter> counters;
  for (size_t q = 0; q < count; ++q)
    counters.emplace_back(distances, static_cast<int64_t>(q), std::move(own[q].right));
  std::vector<CounterScratch> scratch(static_cast<size_t>(thread_count(work.threads)));
  distances.screen(work, [&](const ScreenedRow& row) {
    answers.keep_wrong(row);
    counters[static_cast<size_t>(row.query)].count(row, scratch[static_cast<size_t>(row.thread)]);
  });
  std::vector<QueryRanking> rankings;
  for (size_t q = 0; q < count; ++q) {
    rankings.push_back(counters[q].ranking());
    compare_cameras(answers, static_cast<int64_t>(q), own[q].nearest_removed, rankings.back());
  }
  return rankings;
}

}  // namespace dmf::eval
