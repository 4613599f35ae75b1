#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dmf::eval {

/// Rows [first, last) of a set.
struct Rows {
  int64_t first, last;
  int64_t count() const { return last - first; }
};

/// A set of vectors, row after row; the numbers must outlive the view.
struct VectorView {
  std::span<const float> values;  ///< count * width
  int64_t count, width;
  const float* row(int64_t i) const { return values.data() + i * width; }
};

/// Rows that no distance can rank.
struct UnrankableVectors {
  std::vector<int64_t> not_finite;  ///< rows that hold NaN or infinity
  std::vector<int64_t> zero;        ///< rows of nothing but zeros
  int64_t count() const { return static_cast<int64_t>(not_finite.size() + zero.size()); }
};
UnrankableVectors find_unrankable(VectorView vectors);

/// Throws InvalidArgument when a vector cannot be ranked, or when the numbers are not count * width, naming
/// what, where first and how many.
/// @param name  the set's name for the message ("query", "gallery")
void check_vectors(VectorView vectors, const char* name);

/// Groups of rows that hold the same numbers, each group's rows in order, the groups by their first row. A
/// model that gives many images one vector has collapsed; a gallery that holds the same file twice has too.
std::vector<std::vector<int64_t>> find_duplicates(VectorView vectors);

}  // namespace dmf::eval
