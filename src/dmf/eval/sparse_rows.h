#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace dmf::eval {

/// A number at a place of a sparse row.
struct SparseEntry {
  int32_t column;
  float value;
};

/// A matrix of few numbers, row by row; each row in the order of its columns.
using SparseRows = std::vector<std::vector<SparseEntry>>;

/// A sparse row in the making: dense memory, and the places that were touched.
class SparseSum {
 public:
  explicit SparseSum(int64_t columns) : values_(static_cast<size_t>(columns), 0.0F) {}

  void add(int32_t column, float value) {
    float& sum = values_[static_cast<size_t>(column)];
    if (sum == 0) touched_.push_back(column);
    sum += value;
  }
  /// The sums that are not 0, in the order of their columns; afterwards all are 0.
  std::vector<SparseEntry> take();

 private:
  std::vector<float> values_;
  std::vector<int32_t> touched_;
};

}  // namespace dmf::eval
