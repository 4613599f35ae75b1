#include "dmf/eval/screen.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/interrupt.h"
#include "dmf/eval/aligned.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

constexpr int64_t kChunk = 2048;     // queries packed together
constexpr int64_t kPackDepth = 16;   // numbers of a vector copied at once: a line of the cache
constexpr double kUnit = 0x1p-24;    // float32: largest relative error of a rounding
constexpr double kDouble = 0x1p-48;  // generously, what is lost in double between a distance and its nearness
constexpr double kUnderflow = 0x1p-120;

// Copies `count` vectors times their factors into a panel of `columns`: number k of vector c goes to [k, c].
template <class Factor>
void pack_panel(const float* vectors, int64_t count, int64_t width, int64_t columns, const Factor& factor,
                float* panel) {
  double factors[64];
  for (int64_t c = 0; c < count; ++c) factors[c] = factor(c);
  for (int64_t first = 0; first < width; first += kPackDepth) {
    const int64_t last = std::min(first + kPackDepth, width);
    for (int64_t c = 0; c < count; ++c) {
      const float* vector = vectors + c * width;
      for (int64_t k = first; k < last; ++k)
        panel[k * columns + c] = static_cast<float>(vector[k] * factors[c]);
    }
    for (int64_t k = first; k < last; ++k)
      std::fill(panel + k * columns + count, panel + (k + 1) * columns, 0.0F);
  }
}

}  // namespace

std::vector<double> squared_norms(VectorView vectors) {
  std::vector<double> norms(static_cast<size_t>(vectors.count));
  for (int64_t i = 0; i < vectors.count; ++i)
    norms[static_cast<size_t>(i)] =
        tile_kernel().exact_product(vectors.row(i), vectors.row(i), vectors.width);
  return norms;
}

struct ProductScreen::PackedBlock {
  AlignedFloats panels;
  float bias[kBlockColumns];
  double longest;  // length of the longest vector
};

ProductScreen::ProductScreen(Set query, Set gallery, Metric metric)
    : query_(query.vectors),
      gallery_(gallery.vectors),
      metric_(metric),
      query_squares_(query.squared_norms.begin(), query.squared_norms.end()),
      gallery_squares_(gallery.squared_norms.begin(), gallery.squared_norms.end()) {
  if (metric == Metric::kCosine) return;
  double largest = 0;
  for (const auto& squares : {query_squares_, gallery_squares_}) {
    for (const double square : squares) largest = std::max(largest, square);
  }
  if (largest > 0) scale_ = std::exp2(-std::ceil(std::log2(largest) / 2));
}

double ProductScreen::length(double squared_norm) const {
  return metric_ == Metric::kCosine ? 1 : scale_ * std::sqrt(squared_norm);
}

double ProductScreen::factor(double squared_norm) const {
  return metric_ == Metric::kCosine ? 1 / std::sqrt(squared_norm) : scale_;
}

double ProductScreen::nearness(int64_t query, double distance) const {
  if (metric_ == Metric::kCosine) return 1 - distance;
  return scale_ * scale_ * (query_squares_[static_cast<size_t>(query)] - distance) / 2;
}

double ProductScreen::error(int64_t query, double longest) const {
  const double own = length(query_squares_[static_cast<size_t>(query)]);
  const double sums =
      static_cast<double>(std::min(kProductDepth, query_.width) + query_.width / kProductDepth + 8);
  const double magnitude = own * longest + (metric_ == Metric::kCosine ? 0 : longest * longest / 2);
  return sums * kUnit * magnitude + kDouble * (own * own + longest * longest) +
         kUnderflow * static_cast<double>(query_.width);
}

void ProductScreen::pack_queries(Rows queries, std::vector<float>& packed) const {
  const int64_t rows = tile_kernel().rows;
  const int64_t panels = (queries.count() + rows - 1) / rows;
  packed.resize(static_cast<size_t>(panels * rows * query_.width));
  for (int64_t p = 0; p < panels; ++p) {
    const int64_t first = queries.first + p * rows;
    pack_panel(
        query_.row(first), std::min(rows, queries.last - first), query_.width, rows,
        [&](int64_t c) { return factor(query_squares_[static_cast<size_t>(first + c)]); },
        packed.data() + p * rows * query_.width);
  }
}

void ProductScreen::pack_images(Rows images, PackedBlock& block) const {
  const int64_t columns = tile_kernel().columns;
  block.panels.resize(kBlockColumns * gallery_.width);
  block.longest = 0;
  for (int64_t p = 0; p < kBlockColumns; p += columns) {
    const int64_t first = std::min(images.first + p, images.last);
    pack_panel(
        gallery_.row(first), std::min(columns, images.last - first), gallery_.width, columns,
        [&](int64_t c) { return factor(gallery_squares_[static_cast<size_t>(first + c)]); },
        block.panels.data() + p * gallery_.width);
  }
  std::fill(std::begin(block.bias), std::end(block.bias), -std::numeric_limits<float>::infinity());
  for (int64_t g = images.first; g < images.last; ++g) {
    const double square = gallery_squares_[static_cast<size_t>(g)];
    block.longest = std::max(block.longest, length(square));
    block.bias[g - images.first] =
        metric_ == Metric::kCosine ? 0.0F : static_cast<float>(-scale_ * scale_ * square / 2);
  }
}

void ProductScreen::run_chunk(Rows queries, const ScreenVisitor& visit) const {
  const TileKernel& kernel = tile_kernel();
  std::vector<float> packed;
  pack_queries(queries, packed);
  PackedBlock block;
  AlignedFloats tile;
  tile.resize(kernel.rows * kBlockColumns);
  for (int64_t first = 0; first < gallery_.count; first += kBlockColumns) {
    stop_if_interrupted("comparing vectors");
    const Rows images{first, std::min(first + kBlockColumns, gallery_.count)};
    pack_images(images, block);
    for (int64_t q = queries.first; q < queries.last; q += kernel.rows) {
      kernel.products(packed.data() + (q - queries.first) * query_.width, block.panels.data(), query_.width,
                      block.bias, tile.data());
      for (int64_t i = 0; i < std::min(kernel.rows, queries.last - q); ++i)
        visit({q + i, images, tile.data() + i * kBlockColumns, error(q + i, block.longest)});
    }
  }
}

void ProductScreen::run(Rows queries, const ScreenVisitor& visit) const {
  for (int64_t first = queries.first; first < queries.last; first += kChunk)
    run_chunk({first, std::min(first + kChunk, queries.last)}, visit);
}

}  // namespace dmf::eval
