#include "dmf/eval/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include "dmf/core/error.h"
#include "dmf/eval/candidates.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/ranking.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One query while the gallery passes by.
class NearestImages {
 public:
  // A part of the gallery.
  void see(const Distances& distances, const ScreenedRow& row, int64_t count) {
    see_farthest(distances, row);
    if (tile_kernel().largest(row.nearness) < threshold()) return;
    for (int64_t i = 0; i < row.gallery.count(); ++i) {
      if (row.nearness[i] >= threshold())
        candidates_.add(row.nearness[i], static_cast<int32_t>(row.gallery.first + i));
    }
    candidates_.allow_error(row.error);
    shrink_if_many(distances, row.query, count);
  }

  // One image.
  void see(const Distances& distances, int64_t query, int64_t image, float nearness, double error,
           int64_t count) {
    if (nearness <= least_ + error) {
      farthest_ = std::max(farthest_, distances.pair(query, image));
      least_ = distances.nearness(query, farthest_);
    }
    if (nearness < threshold()) return;
    candidates_.add(nearness, static_cast<int32_t>(image));
    candidates_.allow_error(error);
    shrink_if_many(distances, query, count);
  }

  // What is below cannot be among the nearest.
  float threshold() const { return candidates_.threshold(); }
  // What is above this, by more than its error, cannot be the farthest.
  double least() const { return least_; }

  // The nearest `count`, in order; the memory is given back.
  std::vector<Answer> take(const Distances& distances, int64_t query, int64_t count) {
    candidates_.keep_possible(count);
    std::vector<Answer> answers = exact(distances, query, count);
    candidates_ = {};
    return answers;
  }

  double farthest() const { return farthest_; }

 private:
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

  void shrink_if_many(const Distances& distances, int64_t query, int64_t count) {
    if (!candidates_.are_many(count)) return;
    candidates_.keep_possible(count);
    if (candidates_.count() <= 2 * count) return;
    // Too many are about equally far: float32 cannot tell which are nearer.
    const std::vector<Answer> answers = exact(distances, query, count);
    candidates_.clear();
    for (const Answer& answer : answers) {
      candidates_.add(static_cast<float>(distances.nearness(query, answer.distance)),
                      static_cast<int32_t>(answer.image));
    }
  }

  std::vector<Answer> exact(const Distances& distances, int64_t query, int64_t count) const {
    std::vector<Answer> answers;
    for (const auto& one : candidates_.all())
      answers.push_back({distances.pair(query, one.place), one.place});
    std::partial_sort(answers.begin(), answers.begin() + count, answers.end());
    answers.resize(static_cast<size_t>(count));
    return answers;
  }

  Candidates<int32_t> candidates_;
  double farthest_ = -std::numeric_limits<double>::infinity();
  double least_ = std::numeric_limits<double>::infinity();  // nearness of the farthest
};

// Each image of a set among the others: what a tile says of its rows, it says of its columns, too.
class NearestInSet {
 public:
  NearestInSet(const Distances& distances, int64_t count)
      : distances_(distances),
        count_(count),
        nearest_(static_cast<size_t>(distances.query_count())),
        thresholds_(nearest_.size(), -kInfinity),
        leasts_(nearest_.size(), kInfinity),
        locks_(nearest_.size() / kBlockColumns + 1) {}

  void see(const ScreenedTile& tile) {
    const Locked locked(locks_, tile.rows, tile.columns);
    if (tile.columns.first < tile.rows.last) {
      see_pairs(tile);
      return;
    }
    for (int64_t q = tile.rows.first; q < tile.rows.last; ++q) {
      float* row = tile.nearness + (q - tile.rows.first) * kBlockColumns;
      nearest_[static_cast<size_t>(q)].see(distances_, {q, tile.columns, row, tile.error, 0}, count_);
      note(q);
    }
    see_columns(tile);
  }

  NearestImages& of(int64_t image) { return nearest_[static_cast<size_t>(image)]; }

 private:
  // Holds the images of a tile for one thread. Locks are taken in their order, so that two threads never wait
  // for each other.
  class Locked {
   public:
    Locked(std::vector<std::mutex>& locks, Rows rows, Rows columns) {
      int64_t next = 0;
      for (const Rows& images : {rows, columns}) {
        for (int64_t i = std::max(next, images.first / kBlockColumns); i * kBlockColumns < images.last; ++i) {
          held_.emplace_back(locks[static_cast<size_t>(i)]);
          next = i + 1;
        }
      }
    }

   private:
    std::vector<std::unique_lock<std::mutex>> held_;
  };

  void see_columns(const ScreenedTile& tile) {
    float largest[kBlockColumns], smallest[kBlockColumns];
    tile_kernel().column_extremes(tile.nearness, tile.rows.count(), largest, smallest);
    for (int64_t c = 0; c < tile.columns.count(); ++c) {
      const int64_t image = tile.columns.first + c;
      const auto i = static_cast<size_t>(image);
      if (largest[c] < thresholds_[i] && smallest[c] > leasts_[i] + tile.error) continue;
      for (int64_t q = tile.rows.first; q < tile.rows.last; ++q)
        see_one(image, q, tile.nearness[(q - tile.rows.first) * kBlockColumns + c], tile.error);
      note(image);
    }
  }

  // Where rows and columns overlap.
  void see_pairs(const ScreenedTile& tile) {
    for (int64_t q = tile.rows.first; q < tile.rows.last; ++q) {
      const float* row = tile.nearness + (q - tile.rows.first) * kBlockColumns;
      for (int64_t g = std::max(q, tile.columns.first); g < tile.columns.last; ++g) {
        const float nearness = row[g - tile.columns.first];
        see_one(q, g, nearness, tile.error);
        if (g == q) continue;
        see_one(g, q, nearness, tile.error);
        note(g);
      }
      note(q);
    }
  }

  void see_one(int64_t image, int64_t other, float nearness, double error) {
    nearest_[static_cast<size_t>(image)].see(distances_, image, other, nearness, error, count_);
  }

  void note(int64_t image) {
    const auto i = static_cast<size_t>(image);
    thresholds_[i] = nearest_[i].threshold();
    leasts_[i] = nearest_[i].least();
  }

  const Distances& distances_;
  int64_t count_;
  std::vector<NearestImages> nearest_;
  // Copies of what nearest_ has, side by side: most columns are passed over after a look at them.
  std::vector<float> thresholds_;
  std::vector<double> leasts_;
  std::vector<std::mutex> locks_;  // of kBlockColumns images each
};

void put(const Distances& distances, int64_t query, NearestImages& nearest, Neighbours& result) {
  const std::vector<Answer> answers = nearest.take(distances, query, result.per_query);
  for (size_t k = 0; k < answers.size(); ++k) {
    const auto place = static_cast<size_t>(query * result.per_query) + k;
    result.images[place] = static_cast<int32_t>(answers[k].image);
    result.distances[place] = answers[k].distance;
  }
  result.farthest[static_cast<size_t>(query)] = nearest.farthest();
}

bool find_in_set(const Distances& distances, const WorkOptions& work, Neighbours& result) {
  NearestInSet set(distances, result.per_query);
  if (!distances.screen_pairs(work, [&](const ScreenedTile& tile) { set.see(tile); })) return false;
  run_in_parallel(distances.query_count(), work.query_block, work.threads, [&](Rows rows, int64_t) {
    for (int64_t i = rows.first; i < rows.last; ++i) put(distances, i, set.of(i), result);
  });
  return true;
}

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
  if (find_in_set(distances, work, result)) return result;
  std::vector<NearestImages> nearest(static_cast<size_t>(queries));
  distances.screen(work, [&](const ScreenedRow& row) {
    NearestImages& query = nearest[static_cast<size_t>(row.query)];
    query.see(distances, row, result.per_query);
    if (row.gallery.last == images) put(distances, row.query, query, result);
  });
  return result;
}

}  // namespace dmf::eval
