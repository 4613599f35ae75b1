#include "dmf/eval/ranking.h"

#include <algorithm>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/eval/counter.h"
#include "dmf/eval/parallel.h"

namespace dmf::eval {
namespace {

constexpr float kNoAnswer = -std::numeric_limits<float>::infinity();

class Ranker {
 public:
  using Images = std::vector<int64_t>;

  Ranker(const Distances& distances, const Labels& query, const Labels& gallery)
      : distances_(distances), query_(query), gallery_(gallery) {
    for (int64_t g = 0; g < gallery.count(); ++g)
      images_of_[gallery.identities[static_cast<size_t>(g)]].push_back(g);
    for (const int64_t identity : query.identities) own_images_.push_back(images(identity));
    junk_ = images(kJunk);
  }

  std::vector<QueryRanking> rank(const WorkOptions& work) const {
    const auto count = static_cast<size_t>(query_.count());
    std::vector<Answer> nearest_removed(count);
    std::vector<std::vector<Answer>> right(count);
    run_in_parallel(query_.count(), work.query_block, work.threads, [&](Rows queries, int64_t) {
      for (int64_t q = queries.first; q < queries.last; ++q)
        nearest_removed[static_cast<size_t>(q)] = split_own_images(q, right[static_cast<size_t>(q)]);
    });
    std::vector<QueryCounter> counters;
    for (size_t q = 0; q < count; ++q)
      counters.emplace_back(distances_, static_cast<int64_t>(q), std::move(right[q]));
    std::vector<CounterScratch> scratch(static_cast<size_t>(thread_count(work.threads)));
    distances_.screen(work, [&](const ScreenedRow& row) {
      hide(*junk_, row);
      hide(*own_images_[static_cast<size_t>(row.query)], row);
      counters[static_cast<size_t>(row.query)].count(row, scratch[static_cast<size_t>(row.thread)]);
    });
    std::vector<QueryRanking> rankings;
    for (size_t q = 0; q < count; ++q) {
      rankings.push_back(counters[q].ranking());
      compare_cameras(static_cast<int64_t>(q), nearest_removed[q], rankings.back());
    }
    return rankings;
  }

 private:
  const Images* images(int64_t identity) const {
    static const Images none;
    const auto found = images_of_.find(identity);
    return found == images_of_.end() ? &none : &found->second;
  }

  bool is_same_camera(int64_t query, int64_t image) const {
    return query_.camera(query) != kUnknownCamera && query_.camera(query) == gallery_.camera(image);
  }

  // Images of the query's identity are right answers or, on its own camera, removed; gives the nearest of
  // those.
  Answer split_own_images(int64_t query, std::vector<Answer>& right) const {
    Answer nearest_removed;
    for (const int64_t image : *own_images_[static_cast<size_t>(query)]) {
      const Answer answer{distances_.pair(query, image), image};
      if (!is_same_camera(query, image)) {
        right.push_back(answer);
      } else if (answer < nearest_removed) {
        nearest_removed = answer;
      }
    }
    return nearest_removed;
  }

  // What is left is a wrong answer.
  static void hide(const Images& images, const ScreenedRow& row) {
    for (auto image = std::lower_bound(images.begin(), images.end(), row.gallery.first);
         image != images.end() && *image < row.gallery.last; ++image)
      row.nearness[*image - row.gallery.first] = kNoAnswer;
  }

  void compare_cameras(int64_t query, const Answer& nearest_removed, QueryRanking& ranking) const {
    const auto is_own = [&](const Answer& answer) {
      return answer.exists() && is_same_camera(query, answer.image);
    };
    Answer first = ranking.nearest_wrong;
    if (!ranking.right.empty()) first = std::min(first, ranking.right.front());
    ranking.first_is_own_camera = is_own(first);
    ranking.nearest_is_own_camera = is_own(std::min(first, nearest_removed));
  }

  const Distances& distances_;
  const Labels& query_;
  const Labels& gallery_;
  std::unordered_map<int64_t, Images> images_of_;  // images of each identity, in order
  std::vector<const Images*> own_images_;          // of each query's identity
  const Images* junk_;
};

}  // namespace

std::vector<QueryRanking> rank_right_answers(const Distances& distances, const Labels& query,
                                             const Labels& gallery, const WorkOptions& work) {
  check_labels(query, distances.query_count(), "query");
  check_labels(gallery, distances.gallery_count(), "gallery");
  const auto junk = std::find(query.identities.begin(), query.identities.end(), kJunk);
  DMF_CHECK(junk == query.identities.end(), InvalidArgument,
            "[evaluate] query {} is junk (identity {}): nothing can be a right answer to it",
            junk - query.identities.begin(), kJunk);
  check_work(work);
  return Ranker(distances, query, gallery).rank(work);
}

}  // namespace dmf::eval
