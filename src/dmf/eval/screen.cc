#include "dmf/eval/screen.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dmf/core/interrupt.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::eval {
namespace {

constexpr int64_t kChunk = 16384;    // queries packed together
constexpr int64_t kPackDepth = 16;   // numbers of a vector copied at once: a line of the cache
constexpr double kUnit = 0x1p-24;    // float32: largest relative error of a rounding
constexpr double kDouble = 0x1p-48;  // generously, what is lost in double between a distance and its nearness
constexpr double kUnderflow = 0x1p-120;
constexpr double kUnknown = 2;  // error of a cosine that is given as 0

using Four [[gnu::vector_size(4 * sizeof(float)), gnu::aligned(alignof(float)), gnu::may_alias]] = float;

// Four numbers of each of four vectors, times their factors, turned: number k of vector c goes to [k, c].
void turn_four(const float* vectors, int64_t width, const float* factors, float* panel, int64_t columns) {
  const auto scaled = [&](int64_t c) {
    return *reinterpret_cast<const Four*>(vectors + c * width) * factors[c];
  };
  const Four a = scaled(0), b = scaled(1), c = scaled(2), d = scaled(3);
  const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5),
             ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7),
             cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5),
             cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *reinterpret_cast<Four*>(panel) = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *reinterpret_cast<Four*>(panel + columns) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *reinterpret_cast<Four*>(panel + 2 * columns) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *reinterpret_cast<Four*>(panel + 3 * columns) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

// Copies `count` vectors times their factors into a panel of `columns`: number k of vector c goes to [k, c];
// columns without a vector are 0.
void pack_panel(const float* vectors, int64_t count, int64_t width, int64_t columns, const float* factors,
                float* panel) {
  for (int64_t first = 0; first < width; first += kPackDepth) {
    const int64_t last = std::min(first + kPackDepth, width);
    int64_t c = 0;
    for (; c + 4 <= count && last - first == kPackDepth; c += 4) {
      for (int64_t k = first; k < last; k += 4)
        turn_four(vectors + c * width + k, width, factors + c, panel + k * columns + c, columns);
    }
    for (; c < count; ++c) {
      for (int64_t k = first; k < last; ++k) panel[k * columns + c] = vectors[c * width + k] * factors[c];
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

struct ProductScreen::PackedImages {
  Rows images;
  AlignedFloats panels;         // kBlockColumns vectors each
  std::vector<float> bias;      // kBlockColumns for each block
  std::vector<double> longest;  // length of each block's longest vector

  int64_t blocks() const { return (images.count() + kBlockColumns - 1) / kBlockColumns; }
  Rows block(int64_t i) const {
    const int64_t first = images.first + i * kBlockColumns;
    return {first, std::min(first + kBlockColumns, images.last)};
  }
};

ProductScreen::ProductScreen(Set query, Set gallery, Metric metric)
    : query_(query.vectors),
      gallery_(gallery.vectors),
      metric_(metric),
      query_squares_(query.squared_norms.begin(), query.squared_norms.end()),
      gallery_squares_(gallery.squared_norms.begin(), gallery.squared_norms.end()) {
  if (metric == Metric::kSquaredEuclidean) {
    double largest = 0;
    for (const auto& squares : {query_squares_, gallery_squares_}) {
      for (const double square : squares) largest = std::max(largest, square);
    }
    if (largest > 0) scale_ = std::exp2(-std::ceil(std::log2(largest) / 2));
  }
  for (const double square : query_squares_) query_factors_.push_back(factor(square));
  for (const double square : gallery_squares_) gallery_factors_.push_back(factor(square));
}

double ProductScreen::length(double squared_norm) const {
  return metric_ == Metric::kCosine ? 1 : scale_ * std::sqrt(squared_norm);
}

// 0 where it is out of float32's range: such a vector cannot be screened.
float ProductScreen::factor(double squared_norm) const {
  const double factor = metric_ == Metric::kCosine ? 1 / std::sqrt(squared_norm) : scale_;
  return factor < 0x1p127 ? static_cast<float>(factor) : 0.0F;
}

double ProductScreen::nearness(int64_t query, double distance) const {
  if (metric_ == Metric::kCosine) return 1 - distance;
  return scale_ * scale_ * (query_squares_[static_cast<size_t>(query)] - distance) / 2;
}

double ProductScreen::distance(int64_t query, double nearness) const {
  if (metric_ == Metric::kCosine) return 1 - nearness;
  return query_squares_[static_cast<size_t>(query)] - 2 * nearness / (scale_ * scale_);
}

// Of unit vectors, or (Euclidean) of two vectors of length 1 / scale at most: they may point in opposite
// directions.
double ProductScreen::largest_distance() const {
  return metric_ == Metric::kCosine ? 2 : 4 / (scale_ * scale_);
}

double ProductScreen::error(int64_t query, double longest) const {
  if (metric_ == Metric::kCosine && (query_factors_[static_cast<size_t>(query)] == 0 || longest > 1))
    return kUnknown;
  const double own = length(query_squares_[static_cast<size_t>(query)]);
  const double sums =
      static_cast<double>(std::min(kProductDepth, query_.width) + query_.width / kProductDepth + 12);
  const double magnitude = own * longest + (metric_ == Metric::kCosine ? 0 : longest * longest / 2);
  return sums * kUnit * magnitude + kDouble * (own * own + longest * longest) +
         kUnderflow * static_cast<double>(query_.width);
}

void ProductScreen::pack_queries(Rows queries, const WorkOptions& work, AlignedFloats& packed) const {
  const int64_t rows = tile_kernel().rows;
  const int64_t panels = (queries.count() + rows - 1) / rows;
  packed.resize(panels * rows * query_.width);
  run_in_parallel(panels, 64, work.threads, [&](Rows some, int64_t) {
    for (int64_t p = some.first; p < some.last; ++p) {
      const int64_t first = queries.first + p * rows;
      pack_panel(query_.row(first), std::min(rows, queries.last - first), query_.width, rows,
                 query_factors_.data() + first, packed.data() + p * rows * query_.width);
    }
  });
}

void ProductScreen::pack_block(Rows images, PackedImages& packed, int64_t block) const {
  const int64_t columns = tile_kernel().columns;
  float* panels = packed.panels.data() + block * kBlockColumns * gallery_.width;
  for (int64_t p = 0; p < kBlockColumns; p += columns) {
    const int64_t first = std::min(images.first + p, images.last);
    pack_panel(gallery_.row(first), std::min(columns, images.last - first), gallery_.width, columns,
               gallery_factors_.data() + first, panels + p * gallery_.width);
  }
  float* bias = packed.bias.data() + block * kBlockColumns;
  double longest = 0;
  for (int64_t g = images.first; g < images.last; ++g) {
    const double square = gallery_squares_[static_cast<size_t>(g)];
    const bool is_screened = gallery_factors_[static_cast<size_t>(g)] != 0;
    longest = std::max(longest, is_screened ? length(square) : kUnknown);
    bias[g - images.first] =
        metric_ == Metric::kCosine ? 0.0F : static_cast<float>(-scale_ * scale_ * square / 2);
  }
  packed.longest[static_cast<size_t>(block)] = longest;
}

void ProductScreen::pack_images(Rows images, const WorkOptions& work, PackedImages& packed) const {
  packed.images = images;
  const int64_t blocks = packed.blocks();
  packed.panels.resize(blocks * kBlockColumns * gallery_.width);
  packed.bias.assign(static_cast<size_t>(blocks * kBlockColumns), -std::numeric_limits<float>::infinity());
  packed.longest.resize(static_cast<size_t>(blocks));
  run_in_parallel(blocks, 1, work.threads,
                  [&](Rows one, int64_t) { pack_block(packed.block(one.first), packed, one.first); });
}

struct ProductScreen::Tile {
  Rows rows, columns;
  float* nearness;  // [rows, kBlockColumns]
  double longest;   // length of the columns' longest vector
  int64_t thread;
};

void ProductScreen::multiply(Rows queries, const float* packed_queries, const PackedImages& packed, Half half,
                             int64_t thread, AlignedFloats& nearness,
                             const std::function<void(const Tile&)>& visit) const {
  const TileKernel& kernel = tile_kernel();
  nearness.resize(kernel.rows * kBlockColumns);
  for (int64_t block = 0; block < packed.blocks(); ++block) {
    stop_if_interrupted("comparing vectors");
    const Rows columns = packed.block(block);
    const float* panels = packed.panels.data() + block * kBlockColumns * gallery_.width;
    const int64_t end = half == Half::kUpper ? std::min(queries.last, columns.last) : queries.last;
    for (int64_t q = queries.first; q < end; q += kernel.rows) {
      kernel.products(packed_queries + (q - queries.first) * query_.width, panels, query_.width,
                      packed.bias.data() + block * kBlockColumns, nearness.data());
      visit({{q, std::min(q + kernel.rows, queries.last)},
             columns,
             nearness.data(),
             packed.longest[static_cast<size_t>(block)],
             thread});
    }
  }
}

void ProductScreen::run_tiles(const WorkOptions& work, Half half,
                              const std::function<void(const Tile&)>& visit) const {
  const int64_t rows = tile_kernel().rows;
  const int64_t query_block = (work.query_block + rows - 1) / rows * rows;  // whole panels
  AlignedFloats packed_queries;
  PackedImages packed;
  std::vector<AlignedFloats> tiles(static_cast<size_t>(thread_count(work.threads)));
  for (int64_t start = 0; start < query_.count; start += kChunk) {
    const Rows chunk{start, std::min(start + kChunk, query_.count)};
    pack_queries(chunk, work, packed_queries);
    for (int64_t first = 0; first < gallery_.count; first += work.gallery_block) {
      const Rows images{first, std::min(first + work.gallery_block, gallery_.count)};
      const int64_t end = half == Half::kUpper ? std::min(chunk.last, images.last) : chunk.last;
      if (end <= start) continue;
      pack_images(images, work, packed);
      run_in_parallel(end - start, query_block, work.threads, [&](Rows some, int64_t thread) {
        multiply({start + some.first, start + some.last}, packed_queries.data() + some.first * query_.width,
                 packed, half, thread, tiles[static_cast<size_t>(thread)], visit);
      });
    }
  }
}

void ProductScreen::run(const WorkOptions& work, const ScreenVisitor& visit) const {
  run_tiles(work, Half::kBoth, [&](const Tile& tile) {
    for (int64_t q = tile.rows.first; q < tile.rows.last; ++q)
      visit({q, tile.columns, tile.nearness + (q - tile.rows.first) * kBlockColumns, error(q, tile.longest),
             tile.thread});
  });
}

void ProductScreen::run_pairs(const WorkOptions& work, const TileVisitor& visit) const {
  run_tiles(work, Half::kUpper, [&](const Tile& tile) {
    double most = 0;
    for (int64_t q = tile.rows.first; q < tile.rows.last; ++q) most = std::max(most, error(q, tile.longest));
    visit({tile.rows, tile.columns, tile.nearness, most});
  });
}

}  // namespace dmf::eval
