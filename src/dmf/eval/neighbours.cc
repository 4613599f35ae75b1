#include "dmf/eval/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/eval/ranking.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One query while the gallery passes by.
class NearestImages {
 public:
  void see(const Distances& distances, const ScreenedRow& row, int64_t count) {
    see_farthest(distances, row);
    if (tile_kernel().largest(row.nearness) < threshold_) return;
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (row.nearness[i] >= threshold_)
        candidates_.push_back({row.nearness[i], static_cast<int32_t>(row.gallery.first + i)});
    }
    error_ = std::max(error_, row.error);
    if (static_cast<int64_t>(candidates_.size()) > 2 * count + kBlockColumns)
      shrink(distances, row.query, count);
  }

  // The nearest `count`, in order; the memory is given back.
  std::vector<Answer> take(const Distances& distances, int64_t query, int64_t count) {
    if (static_cast<int64_t>(candidates_.size()) > count) keep_possible(count);
    std::vector<Answer> answers = exact(distances, query, count);
    candidates_ = {};
    return answers;
  }

  double farthest() const { return farthest_; }

 private:
  struct Candidate {
    float nearness;
    int32_t image;
  };

  void see_farthest(const Distances& distances, const ScreenedRow& row) {
    const float least = row.gallery.count() == kBlockColumns
                            ? tile_kernel().smallest(row.nearness)
                            : *std::min_element(row.nearness, row.nearness + row.gallery.count());
    if (least > least_ + row.error) return;
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (row.nearness[i] <= least + 2 * row.error)
        farthest_ = std::max(farthest_, distances.pair(row.query, row.gallery.first + i));
    }
    least_ = distances.nearness(row.query, farthest_);
  }

  // Leaves out what cannot be among the nearest `count`.
  void keep_possible(int64_t count) {
    const auto last = candidates_.begin() + (count - 1);
    std::nth_element(candidates_.begin(), last, candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.nearness > b.nearness; });
    threshold_ = std::nextafter(static_cast<float>(last->nearness - 2 * error_), -kInfinity);
    std::erase_if(candidates_, [&](const Candidate& one) { return one.nearness < threshold_; });
  }

  void shrink(const Distances& distances, int64_t query, int64_t count) {
    keep_possible(count);
    if (static_cast<int64_t>(candidates_.size()) <= 2 * count) return;
    // Too many are about equally far: float32 cannot tell which are nearer.
    const std::vector<Answer> answers = exact(distances, query, count);
    candidates_.clear();
    for (const Answer& answer : answers) {
      candidates_.push_back({static_cast<float>(distances.nearness(query, answer.distance)),
                             static_cast<int32_t>(answer.image)});
    }
  }

  std::vector<Answer> exact(const Distances& distances, int64_t query, int64_t count) const {
    std::vector<Answer> answers;
    for (const Candidate& one : candidates_) answers.push_back({distances.pair(query, one.image), one.image});
    std::partial_sort(answers.begin(), answers.begin() + count, answers.end());
    answers.resize(static_cast<size_t>(count));
    return answers;
  }

  std::vector<Candidate> candidates_;
  float threshold_ = -kInfinity;
  double error_ = 0;
  double farthest_ = -std::numeric_limits<double>::infinity();
  double least_ = std::numeric_limits<double>::infinity();  // nearness of the farthest
};

}  // namespace

Neighbours find_neighbours(const Distances& distances, int64_t count, const WorkOptions& work) {
  const int64_t queries = distances.query_count(), images = distances.gallery_count();
  DMF_CHECK(count > 0 && images > 0, InvalidArgument,
            "[neighbours] expected a positive number of a gallery, got {} of {}", count, images);
  DMF_CHECK(images <= std::numeric_limits<int32_t>::max(), InvalidArgument, "[neighbours] {} images", images);
  Neighbours result;
  result.per_query = std::min(count, images);
  result.images.resize(static_cast<size_t>(queries * result.per_query));
  result.distances.resize(result.images.size());
  result.farthest.resize(static_cast<size_t>(queries));
  std::vector<NearestImages> nearest(static_cast<size_t>(queries));
  distances.screen(work, [&](const ScreenedRow& row) {
    NearestImages& query = nearest[static_cast<size_t>(row.query)];
    query.see(distances, row, result.per_query);
    if (row.gallery.last < images) return;
    const std::vector<Answer> answers = query.take(distances, row.query, result.per_query);
    for (size_t k = 0; k < answers.size(); ++k) {
      const auto place = static_cast<size_t>(row.query * result.per_query) + k;
      result.images[place] = static_cast<int32_t>(answers[k].image);
      result.distances[place] = answers[k].distance;
    }
    result.farthest[static_cast<size_t>(row.query)] = query.farthest();
  });
  return result;
}

}  // namespace dmf::eval
