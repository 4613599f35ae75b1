#include "dmf/eval/camera_means.h"

#include <cmath>
#include <map>
#include <vector>

#include "dmf/core/error.h"

namespace dmf::eval {
namespace {

// The set's vectors; unit ones where cosines are compared.
OwnVectors compared_vectors(const VectorView& vectors, Metric metric) {
  OwnVectors own{{vectors.values.begin(), vectors.values.end()}, vectors.count, vectors.width};
  if (metric == Metric::kSquaredEuclidean) return own;
  for (int64_t i = 0; i < own.count; ++i) {
    float* row = own.values.data() + i * own.width;
    double square = 0;
    for (int64_t k = 0; k < own.width; ++k)
      square += static_cast<double>(row[k]) * static_cast<double>(row[k]);
    const double scale = 1 / std::sqrt(square);
    for (int64_t k = 0; k < own.width; ++k) row[k] = static_cast<float>(static_cast<double>(row[k]) * scale);
  }
  return own;
}

struct Sum {
  std::vector<double> values;
  double count = 0;

  void add(const float* row, size_t width) {
    values.resize(width);
    for (size_t k = 0; k < width; ++k) values[k] += static_cast<double>(row[k]);
    ++count;
  }
};

// The gallery's means by camera.
class CameraMeans {
 public:
  CameraMeans(const OwnVectors& gallery, const Labels& labels) {
    const auto width = static_cast<size_t>(gallery.width);
    Sum all;
    std::map<int64_t, Sum> sums;
    for (int64_t i = 0; i < gallery.count; ++i) {
      const float* row = gallery.values.data() + i * gallery.width;
      all.add(row, width);
      if (labels.camera(i) != kUnknownCamera) sums[labels.camera(i)].add(row, width);
    }
    for (double& value : all.values) value /= all.count;
    for (auto& [camera, sum] : sums) {
      for (size_t k = 0; k < width; ++k)
        sum.values[k] = (sum.values[k] + kCameraMeanPrior * all.values[k]) / (sum.count + kCameraMeanPrior);
      means_[camera] = std::move(sum.values);
    }
    mean_ = std::move(all.values);
  }

  void take_from(OwnVectors& vectors, const Labels& labels) const {
    for (int64_t i = 0; i < vectors.count; ++i) {
      const auto found = means_.find(labels.camera(i));
      const std::vector<double>& mean = found == means_.end() ? mean_ : found->second;
      float* row = vectors.values.data() + i * vectors.width;
      for (size_t k = 0; k < mean.size(); ++k)
        row[k] = static_cast<float>(static_cast<double>(row[k]) - mean[k]);
    }
  }

 private:
  std::vector<double> mean_;
  std::map<int64_t, std::vector<double>> means_;
};

}  // namespace

ExpandedVectors without_camera_means(const LabelledVectors& query, const LabelledVectors& gallery,
                                     Metric metric) {
  DMF_CHECK(query.vectors.width == gallery.vectors.width, InvalidArgument,
            "[camera means] vectors of different width: query has {}, gallery has {}", query.vectors.width,
            gallery.vectors.width);
  check_labels(query.labels, query.vectors.count, "query");
  check_labels(gallery.labels, gallery.vectors.count, "gallery");
  DMF_CHECK(gallery.labels.has_cameras(), InvalidArgument,
            "[camera means] no camera of the gallery is known, so there is nothing to take away");
  check_vectors(query.vectors, "query");
  check_vectors(gallery.vectors, "gallery");
  ExpandedVectors centred{compared_vectors(query.vectors, metric), compared_vectors(gallery.vectors, metric)};
  const CameraMeans means(centred.gallery, gallery.labels);
  means.take_from(centred.query, query.labels);
  means.take_from(centred.gallery, gallery.labels);
  check_vectors(centred.query.view(), "query without its cameras' means");
  check_vectors(centred.gallery.view(), "gallery without its cameras' means");
  return centred;
}

}  // namespace dmf::eval
