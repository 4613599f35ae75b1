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
  Ranker(const Distances& distances, const Labels& query, const Labels& gallery)
      : distances_(distances), query_(query), gallery_(gallery) {
    for (int64_t g = 0; g < gallery.count(); ++g)
      images_of_[gallery.identities[static_cast<size_t>(g)]].push_back(g);
    junk_ = images(kJunk);
  }

  void rank(Rows queries, QueryRanking* out) const {
    std::vector<QueryCounter> counters;
    std::vector<Answer> nearest_removed;
    for (int64_t q = queries.first; q < queries.last; ++q) {
      std::vector<Answer> right;
      nearest_removed.push_back(split_own_images(q, right));
      counters.emplace_back(distances_, q, std::move(right));
    }
    CounterScratch scratch;
    distances_.screen(queries, [&](const ScreenedRow& row) {
      hide(junk_, row);
      hide(own_images(row.query), row);
      counters[static_cast<size_t>(row.query - queries.first)].count(row, scratch);
    });
    for (int64_t q = queries.first; q < queries.last; ++q) {
      const auto i = static_cast<size_t>(q - queries.first);
      out[i] = counters[i].ranking();
      compare_cameras(q, nearest_removed[i], out[i]);
    }
  }

 private:
  using Images = std::vector<int64_t>;

  Images images(int64_t identity) const {
    const auto found = images_of_.find(identity);
    return found == images_of_.end() ? Images{} : found->second;
  }

  const Images& own_images(int64_t query) const {
    static const Images none;
    const auto found = images_of_.find(query_.identities[static_cast<size_t>(query)]);
    return found == images_of_.end() ? none : found->second;
  }

  bool is_same_camera(int64_t query, int64_t image) const {
    return query_.camera(query) != kUnknownCamera && query_.camera(query) == gallery_.camera(image);
  }

  // Images of the query's identity are right answers or, on its own camera, removed; gives the nearest of
  // those.
  Answer split_own_images(int64_t query, std::vector<Answer>& right) const {
    Answer nearest_removed;
    for (const int64_t image : own_images(query)) {
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
  std::unordered_map<int64_t, Images> images_of_;
  Images junk_;
};

}  // namespace

std::vector<QueryRanking> rank_right_answers(const Distances& distances, const Labels& query,
                                             const Labels& gallery, const RankingOptions& options) {
  check_labels(query, distances.query_count(), "query");
  check_labels(gallery, distances.gallery_count(), "gallery");
  const auto junk = std::find(query.identities.begin(), query.identities.end(), kJunk);
  DMF_CHECK(junk == query.identities.end(), InvalidArgument,
            "[evaluate] query {} is junk (identity {}): nothing can be a right answer to it",
            junk - query.identities.begin(), kJunk);
  DMF_CHECK(options.query_block > 0 && options.threads >= 0, InvalidArgument,
            "[evaluate] blocks must be positive and threads >= 0, got {} and {}", options.query_block,
            options.threads);
  const Ranker ranker(distances, query, gallery);
  std::vector<QueryRanking> rankings(static_cast<size_t>(query.count()));
  run_rows_in_parallel(query.count(), options.query_block, options.threads,
                       [&](Rows queries) { ranker.rank(queries, rankings.data() + queries.first); });
  return rankings;
}

}  // namespace dmf::eval
