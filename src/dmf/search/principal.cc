#include "dmf/search/principal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/random.h"
#include "dmf/eval/parallel.h"
#include "dmf/eval/tile_kernel.h"

namespace dmf::search {
namespace {

constexpr int kIterations = 12;

double product(const float* a, const float* b, int64_t width) {
  return eval::tile_kernel().exact_product(a, b, width);
}

/// Sum of x xᵀ, [width, width].
std::vector<float> second_moment(eval::VectorView vectors, int64_t threads) {
  const int64_t width = vectors.width;
  std::vector<float> moment(static_cast<size_t>(width * width));
  eval::run_in_parallel(width, 32, threads, [&](eval::Rows rows, int64_t) {
    stop_if_interrupted("finding principal directions");
    for (int64_t v = 0; v < vectors.count; ++v) {
      const float* x = vectors.row(v);
      for (int64_t i = rows.first; i < rows.last; ++i) {
        float* row = moment.data() + i * width;
        const float factor = x[i];
        for (int64_t k = 0; k < width; ++k) row[k] += factor * x[k];
      }
    }
  });
  return moment;
}

/// Makes rows orthonormal, one after the other; what is left of a row that depends on those before it is
/// noise.
void orthonormalise(std::vector<float>& rows, int64_t count, int64_t width) {
  for (int64_t i = 0; i < count; ++i) {
    float* row = rows.data() + i * width;
    // Twice: once leaves what rounding brought in.
    for (int round = 0; round < 2; ++round) {
      for (int64_t j = 0; j < i; ++j) {
        const float* other = rows.data() + j * width;
        const auto along = static_cast<float>(product(row, other, width));
        for (int64_t k = 0; k < width; ++k) row[k] -= along * other[k];
      }
      const auto length = static_cast<float>(std::sqrt(product(row, row, width)));
      for (int64_t k = 0; k < width; ++k) row[k] /= std::max(length, 1e-30F);
    }
  }
}

}  // namespace

std::vector<float> projected(eval::VectorView vectors, const std::vector<float>& directions,
                             int64_t threads) {
  const int64_t width = vectors.width, count = static_cast<int64_t>(directions.size()) / width;
  std::vector<float> result(static_cast<size_t>(vectors.count * count));
  eval::run_in_parallel(vectors.count, 256, threads, [&](eval::Rows rows, int64_t) {
    stop_if_interrupted("projecting vectors");
    for (int64_t i = rows.first; i < rows.last; ++i) {
      for (int64_t d = 0; d < count; ++d)
        result[static_cast<size_t>(i * count + d)] =
            static_cast<float>(product(vectors.row(i), directions.data() + d * width, width));
    }
  });
  return result;
}

std::vector<float> principal_directions(eval::VectorView vectors, int64_t count, int64_t threads) {
  const int64_t width = vectors.width;
  DMF_CHECK(count > 0 && count <= width, InvalidArgument, "[principal] {} directions of {}", count, width);
  const std::vector<float> moment = second_moment(vectors, threads);
  RandomStream random(0, "principal directions");
  std::vector<float> rows(static_cast<size_t>(count * width));
  for (float& value : rows) value = static_cast<float>(random.normal());
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    orthonormalise(rows, count, width);
    rows = projected({rows, count, width}, moment, threads);  // the moment is symmetric
  }
  orthonormalise(rows, count, width);
  const std::vector<float> images = projected({rows, count, width}, moment, threads);
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](int64_t i) {
    return product(rows.data() + i * width, images.data() + i * width, width);
  };
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return value(a) > value(b); });
  std::vector<float> sorted;
  for (const int64_t i : order)
    sorted.insert(sorted.end(), rows.begin() + i * width, rows.begin() + (i + 1) * width);
  return sorted;
}

}  // namespace dmf::search
