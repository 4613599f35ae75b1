#include "dmf/eval/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/screen.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

constexpr float kFarthest = -std::numeric_limits<float>::infinity();

class VectorDistances : public Distances {
 public:
  VectorDistances(VectorView query, VectorView gallery, Metric metric)
      : query_(query),
        gallery_(gallery),
        metric_(metric),
        query_norms_(squared_norms(query)),
        gallery_norms_(squared_norms(gallery)),
        screen_({query, query_norms_}, {gallery, gallery_norms_}, metric) {
    if (metric == Metric::kSquaredEuclidean) return;
    for (double& norm : query_norms_) norm = std::sqrt(norm);
    for (double& norm : gallery_norms_) norm = std::sqrt(norm);
  }

  int64_t query_count() const override { return query_.count; }
  int64_t gallery_count() const override { return gallery_.count; }

  double pair(int64_t query, int64_t gallery) const override {
    const double product =
        tile_kernel().exact_product(query_.row(query), gallery_.row(gallery), query_.width);
    const double a = query_norms_[static_cast<size_t>(query)],
                 b = gallery_norms_[static_cast<size_t>(gallery)];
    // Rounding may take either a hair below 0.
    return std::max(0.0, metric_ == Metric::kCosine ? 1 - product / (a * b) : (a + b) - 2 * product);
  }

  void screen(const WorkOptions& work, const ScreenVisitor& visit) const override {
    screen_.run(work, visit);
  }
  bool screen_pairs(const WorkOptions& work, const TileVisitor& visit) const override {
    const bool is_one_set = query_.values.data() == gallery_.values.data() && query_.count == gallery_.count;
    if (!is_one_set || metric_ != Metric::kCosine) return false;
    screen_.run_pairs(work, visit);
    return true;
  }
  double nearness(int64_t query, double distance) const override { return screen_.nearness(query, distance); }
  double distance(int64_t query, double nearness) const override { return screen_.distance(query, nearness); }
  std::pair<double, double> range() const override { return {0, screen_.largest_distance()}; }

 private:
  VectorView query_, gallery_;
  Metric metric_;
  std::vector<double> query_norms_, gallery_norms_;  // |v|, or |v|² (Euclidean)
  ProductScreen screen_;
};

class GivenDistances : public Distances {
 public:
  GivenDistances(std::vector<double> values, int64_t queries, int64_t gallery)
      : values_(std::move(values)), queries_(queries), gallery_(gallery) {
    for (const double value : values_) {
      if (!std::isfinite(value)) continue;
      largest_ = std::max(largest_, std::abs(value));
      smallest_ = std::min(smallest_, value);
    }
    if (largest_ == 0) largest_ = 1;
  }

  int64_t query_count() const override { return queries_; }
  int64_t gallery_count() const override { return gallery_; }
  double pair(int64_t query, int64_t gallery) const override {
    return values_[static_cast<size_t>(query * gallery_ + gallery)];
  }

  void screen(const WorkOptions& work, const ScreenVisitor& visit) const override {
    run_in_parallel(queries_, work.query_block, work.threads, [&](Rows queries, int64_t thread) {
      std::vector<float> block(kBlockColumns);
      for (int64_t query = queries.first; query < queries.last; ++query) {
        for (int64_t first = 0; first < gallery_; first += kBlockColumns) {
          const Rows images{first, std::min(first + kBlockColumns, gallery_)};
          std::fill(block.begin(), block.end(), kFarthest);
          for (int64_t g = images.first; g < images.last; ++g)
            block[static_cast<size_t>(g - first)] = static_cast<float>(nearness(query, pair(query, g)));
          visit({query, images, block.data(), 0x1p-24, thread});
        }
      }
    });
  }

  // In [-1, 1], so that no distance is out of float32's range; an infinite one stays finite too, and the
  // farthest.
  double nearness(int64_t, double distance) const override {
    return std::clamp(-distance / largest_, -2.0, 2.0);
  }
  double distance(int64_t, double nearness) const override { return -nearness * largest_; }
  std::pair<double, double> range() const override { return {std::min(0.0, smallest_), largest_}; }

 private:
  std::vector<double> values_;
  int64_t queries_, gallery_;
  double smallest_ = 0, largest_ = 0;  // of the finite ones; the largest in size
};

}  // namespace

Metric metric_by_name(const std::string& name) {
  if (name == "cosine") return Metric::kCosine;
  if (name == "euclidean") return Metric::kSquaredEuclidean;
  throw InvalidArgument(fmt::format("[metric] expected cosine or euclidean, got '{}'", name));
}

const char* name_of(Metric metric) { return metric == Metric::kCosine ? "cosine" : "euclidean"; }

void check_work(const WorkOptions& work) {
  DMF_CHECK(work.query_block > 0 && work.gallery_block > 0 && work.threads >= 0, InvalidArgument,
            "[evaluate] blocks must be positive and threads >= 0, got {} x {} and {}", work.query_block,
            work.gallery_block, work.threads);
}

std::unique_ptr<Distances> vector_distances(VectorView query, VectorView gallery, Metric metric) {
  DMF_CHECK(query.width == gallery.width, InvalidArgument,
            "[evaluate] vectors of different width: query has {}, gallery has {}", query.width,
            gallery.width);
  check_vectors(query, "query");
  check_vectors(gallery, "gallery");
  return std::make_unique<VectorDistances>(query, gallery, metric);
}

std::unique_ptr<Distances> given_distances(std::vector<double> values, int64_t queries, int64_t gallery) {
  DMF_CHECK(static_cast<int64_t>(values.size()) == queries * gallery, InvalidArgument,
            "[evaluate] distances: expected {} x {}, got {} numbers", queries, gallery, values.size());
  const auto nan = std::find_if(values.begin(), values.end(), [](double value) { return std::isnan(value); });
  DMF_CHECK(nan == values.end(), InvalidArgument,
            "[evaluate] distances: NaN between query {} and gallery image {}",
            (nan - values.begin()) / gallery, (nan - values.begin()) % gallery);
  return std::make_unique<GivenDistances>(std::move(values), queries, gallery);
}

}  // namespace dmf::eval
