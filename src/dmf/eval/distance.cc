#include "dmf/eval/distance.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/eval/products.h"

namespace dmf::eval {
namespace {

void check_vectors(VectorView vectors, const char* name) {
  const UnrankableVectors bad = find_unrankable(vectors);
  if (bad.count() == 0) return;
  std::string what;
  const auto add = [&](const std::vector<int64_t>& rows, const char* kind) {
    if (!rows.empty())
      what += fmt::format("{}{} in {} (first: row {})", what.empty() ? "" : ", ", kind, rows.size(), rows[0]);
  };
  add(bad.not_finite, "NaN or infinity");
  add(bad.zero, "nothing but zeros");
  throw InvalidArgument(Expectation{"evaluate", fmt::format("{} vectors cannot be ranked", name),
                                    "finite vectors, not all zero",
                                    fmt::format("{}, of {}", what, vectors.count), ""}
                            .message());
}

class VectorDistances : public Distances {
 public:
  VectorDistances(VectorView query, VectorView gallery, Metric metric)
      : query_(query),
        gallery_(gallery),
        metric_(metric),
        query_norms_(norms(query)),
        gallery_norms_(norms(gallery)) {}

  int64_t query_count() const override { return query_.count; }
  int64_t gallery_count() const override { return gallery_.count; }

  double pair(int64_t query, int64_t gallery) const override {
    double distance;
    block({query, query + 1}, {gallery, gallery + 1}, {&distance, 1});
    return distance;
  }

  void block(Rows queries, Rows gallery, std::span<double> out) const override {
    thread_local PackedRows packed_queries, packed_gallery;  // memory that is kept from block to block
    pack(query_, queries, packed_queries);
    pack(gallery_, gallery, packed_gallery);
    inner_products(packed_queries, packed_gallery, out.data());
    size_t at = 0;
    for (int64_t q = queries.first; q < queries.last; ++q) {
      for (int64_t g = gallery.first; g < gallery.last; ++g, ++at) out[at] = distance(out[at], q, g);
    }
  }

 private:
  static void pack(VectorView vectors, Rows rows, PackedRows& packed) {
    packed.assign(vectors.values.data() + rows.first * vectors.width, rows.count(), vectors.width);
  }

  // |v|² of each, by the same kernel as the products: a vector's distance to itself is then exactly 0
  // (Euclidean).
  std::vector<double> norms(VectorView vectors) const {
    std::vector<double> result(static_cast<size_t>(vectors.count));
    PackedRows row;
    for (int64_t i = 0; i < vectors.count; ++i) {
      pack(vectors, {i, i + 1}, row);
      double& square = result[static_cast<size_t>(i)];
      inner_products(row, row, &square);
      if (metric_ == Metric::kCosine) square = std::sqrt(square);
    }
    return result;
  }

  double distance(double product, int64_t query, int64_t gallery) const {
    const double a = query_norms_[static_cast<size_t>(query)],
                 b = gallery_norms_[static_cast<size_t>(gallery)];
    // Rounding may take either a hair below 0.
    return std::max(0.0, metric_ == Metric::kCosine ? 1 - product / (a * b) : (a + b) - 2 * product);
  }

  VectorView query_, gallery_;
  Metric metric_;
  std::vector<double> query_norms_, gallery_norms_;
};

class GivenDistances : public Distances {
 public:
  GivenDistances(std::vector<double> values, int64_t queries, int64_t gallery)
      : values_(std::move(values)), queries_(queries), gallery_(gallery) {}

  int64_t query_count() const override { return queries_; }
  int64_t gallery_count() const override { return gallery_; }
  double pair(int64_t query, int64_t gallery) const override {
    return values_[static_cast<size_t>(query * gallery_ + gallery)];
  }
  void block(Rows queries, Rows gallery, std::span<double> out) const override {
    for (int64_t q = queries.first; q < queries.last; ++q) {
      std::copy_n(values_.data() + q * gallery_ + gallery.first, gallery.count(),
                  out.data() + (q - queries.first) * gallery.count());
    }
  }

 private:
  std::vector<double> values_;
  int64_t queries_, gallery_;
};

}  // namespace

Metric metric_by_name(const std::string& name) {
  if (name == "cosine") return Metric::kCosine;
  if (name == "euclidean") return Metric::kSquaredEuclidean;
  throw InvalidArgument(fmt::format("[metric] expected cosine or euclidean, got '{}'", name));
}

const char* name_of(Metric metric) { return metric == Metric::kCosine ? "cosine" : "euclidean"; }

UnrankableVectors find_unrankable(VectorView vectors) {
  UnrankableVectors found;
  for (int64_t i = 0; i < vectors.count; ++i) {
    const auto row =
        vectors.values.subspan(static_cast<size_t>(i * vectors.width), static_cast<size_t>(vectors.width));
    if (!std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); })) {
      found.not_finite.push_back(i);
    } else if (std::all_of(row.begin(), row.end(), [](float value) { return value == 0; })) {
      found.zero.push_back(i);
    }
  }
  return found;
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
