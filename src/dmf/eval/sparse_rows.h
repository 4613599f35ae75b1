#pragma once
#include <algorithm>
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
  /// Adds the smaller of `limit` and the entry's value at each entry of a row; take_all() then finds them.
  void add_smaller(std::span<const SparseEntry> row, float limit) {
    for (const SparseEntry& entry : row)
      values_[static_cast<size_t>(entry.column)] += std::min(limit, entry.value);
  }
  /// The sums that are not 0, in the order of their columns; afterwards all are 0.
  std::vector<SparseEntry> take();
  /// The same by looking at every column.
  std::vector<SparseEntry> take_all();

 private:
  std::vector<float> values_;
  std::vector<int32_t> touched_;
};

}  // namespace dmf::eval
