#include "dmf/eval/ranking.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/system.h"

namespace dmf::eval {
namespace {

// A gallery image as an answer; the order of answers, nearest first.
struct Answer {
  double distance = std::numeric_limits<double>::infinity();
  int64_t image = std::numeric_limits<int64_t>::max();

  bool operator<(const Answer& other) const {
    return distance < other.distance || (distance == other.distance && image < other.image);
  }
};

// One query while the gallery passes by.
class QueryCounter {
 public:
  QueryCounter(std::vector<Answer> right_answers)
      : right_(std::move(right_answers)), before_(right_.size(), 0) {
    std::sort(right_.begin(), right_.end());
    if (!right_.empty()) first_ = right_.front();
  }

  // Takes an image of whoever, junk excepted.
  void see(Answer answer) {
    if (answer < nearest_) nearest_ = answer;
  }

  // Takes an answer that is wrong.
  void count_wrong(Answer answer) {
    if (answer < first_) first_ = answer;
    if (right_.empty() || answer.distance > right_.back().distance) return;
    const auto next =
        std::upper_bound(right_.begin(), right_.end(), answer);  // the first right answer behind it
    if (next != right_.end()) ++before_[static_cast<size_t>(next - right_.begin())];
    has_tie_ |= (next != right_.end() && next->distance == answer.distance) ||
                (next != right_.begin() && std::prev(next)->distance == answer.distance);
  }

  QueryRanking ranking(int64_t camera, const Labels& gallery) const {
    QueryRanking result;
    int64_t wrong = 0;
    for (size_t k = 0; k < right_.size(); ++k) {
      wrong += before_[k];
      result.ranks.push_back(static_cast<int64_t>(k) + 1 + wrong);
    }
    const auto is_own_camera = [&](const Answer& answer) {
      return camera != kUnknownCamera && answer.image < gallery.count() &&
             gallery.camera(answer.image) == camera;
    };
    result.has_tie = has_tie_;
    result.nearest_is_own_camera = is_own_camera(nearest_);
    result.first_is_own_camera = is_own_camera(first_);
    return result;
  }

 private:
  std::vector<Answer> right_;    // nearest first
  std::vector<int64_t> before_;  // wrong answers between right answer k - 1 and right answer k
  Answer nearest_, first_;
  bool has_tie_ = false;
};

class Ranker {
 public:
  Ranker(const Distances& distances, const Labels& query, const Labels& gallery, int64_t gallery_block)
      : distances_(distances), query_(query), gallery_(gallery), gallery_block_(gallery_block) {
    for (int64_t g = 0; g < gallery.count(); ++g)
      images_of_[gallery.identities[static_cast<size_t>(g)]].push_back(g);
  }

  void rank(Rows queries, QueryRanking* out) const {
    std::vector<QueryCounter> counters;
    for (int64_t q = queries.first; q < queries.last; ++q) counters.emplace_back(right_answers(q));
    std::vector<double> block(
        static_cast<size_t>(queries.count() * std::min(gallery_block_, gallery_.count())));
    for (int64_t first = 0; first < gallery_.count(); first += gallery_block_) {
      stop_if_interrupted("ranking");
      const Rows images{first, std::min(first + gallery_block_, gallery_.count())};
      distances_.block(queries, images, block);
      for (int64_t q = queries.first; q < queries.last; ++q) {
        const int64_t row = q - queries.first;
        count(q, images, block.data() + row * images.count(), counters[static_cast<size_t>(row)]);
      }
    }
    for (int64_t q = queries.first; q < queries.last; ++q) {
      *out++ = counters[static_cast<size_t>(q - queries.first)].ranking(query_.camera(q), gallery_);
    }
  }

 private:
  bool is_same_camera(int64_t query, int64_t image) const {
    return query_.camera(query) != kUnknownCamera && query_.camera(query) == gallery_.camera(image);
  }

  std::vector<Answer> right_answers(int64_t query) const {
    std::vector<Answer> answers;
    const auto images = images_of_.find(query_.identities[static_cast<size_t>(query)]);
    if (images == images_of_.end()) return answers;
    for (int64_t image : images->second) {
      if (!is_same_camera(query, image)) answers.push_back({distances_.pair(query, image), image});
    }
    return answers;
  }

  void count(int64_t query, Rows images, const double* distances, QueryCounter& counter) const {
    const int64_t identity = query_.identities[static_cast<size_t>(query)];
    for (int64_t g = images.first; g < images.last; ++g) {
      const int64_t other = gallery_.identities[static_cast<size_t>(g)];
      if (other == kJunk) continue;
      const Answer answer{distances[g - images.first], g};
      counter.see(answer);
      // Images of the query's identity are either right answers, known already, or removed.
      if (other != identity) counter.count_wrong(answer);
    }
  }

  const Distances& distances_;
  const Labels& query_;
  const Labels& gallery_;
  int64_t gallery_block_;
  std::unordered_map<int64_t, std::vector<int64_t>> images_of_;
};

// Calls work(0 … count-1) on `threads` threads; the first exception ends the work and is thrown again.
void run_in_parallel(int64_t count, int64_t threads, const std::function<void(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;
  const auto worker = [&] {
    try {
      for (int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (int64_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(worker);
    worker();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace

std::vector<QueryRanking> rank_right_answers(const Distances& distances, const Labels& query,
                                             const Labels& gallery, const RankingOptions& options) {
  check_labels(query, distances.query_count(), "query");
  check_labels(gallery, distances.gallery_count(), "gallery");
  const auto junk = std::find(query.identities.begin(), query.identities.end(), kJunk);
  DMF_CHECK(junk == query.identities.end(), InvalidArgument,
            "[evaluate] query {} is junk (identity {}): nothing can be a right answer to it",
            junk - query.identities.begin(), kJunk);
  DMF_CHECK(options.query_block > 0 && options.gallery_block > 0 && options.threads >= 0, InvalidArgument,
            "[evaluate] blocks must be positive and threads >= 0, got {} x {} and {}", options.query_block,
            options.gallery_block, options.threads);
  const int64_t threads = options.threads > 0 ? options.threads : available_processors();
  // Few queries: smaller blocks, so that every thread has one.
  const int64_t share = std::max<int64_t>(1, (query.count() + threads - 1) / threads);
  const int64_t query_block = std::min(options.query_block, share);
  const Ranker ranker(distances, query, gallery, options.gallery_block);
  std::vector<QueryRanking> rankings(static_cast<size_t>(query.count()));
  run_in_parallel((query.count() + query_block - 1) / query_block, threads, [&](int64_t i) {
    const Rows rows{i * query_block, std::min((i + 1) * query_block, query.count())};
    ranker.rank(rows, rankings.data() + rows.first);
  });
  return rankings;
}

}  // namespace dmf::eval
