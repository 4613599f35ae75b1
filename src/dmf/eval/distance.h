#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dmf::eval {

/// How far two vectors are apart; less is nearer.
enum class Metric {
  kCosine,           ///< 1 - a.b / (|a||b|), in [0, 2]
  kSquaredEuclidean  ///< |a|² + |b|² - 2 a.b, >= 0; ranks as the plain Euclidean distance does
};

/// "cosine" or "euclidean". Throws InvalidArgument on another name.
Metric metric_by_name(const std::string& name);
const char* name_of(Metric metric);

/// Rows [first, last) of a set.
struct Rows {
  int64_t first, last;
  int64_t count() const { return last - first; }
};

/// Distances between all queries and all gallery images, made a block at a time so that [Q, G] need never be
/// held. A distance depends on its two images alone: not on the block it is made in, the thread, or the
/// images beside it. So blocks can be of any size, and equal images are equally far. Safe to use from several
/// threads.
class Distances {
 public:
  virtual ~Distances() = default;
  virtual int64_t query_count() const = 0;
  virtual int64_t gallery_count() const = 0;
  /// Distance of one pair, the same number as in a block.
  virtual double pair(int64_t query, int64_t gallery) const = 0;
  /// Writes the distances of `queries` × `gallery`, row by row.
  /// @param out  queries.count() * gallery.count() numbers
  virtual void block(Rows queries, Rows gallery, std::span<double> out) const = 0;
};

/// A set of vectors, row after row; the numbers must outlive the view.
struct VectorView {
  std::span<const float> values;  ///< count * width
  int64_t count, width;
};

/// Rows that no distance can rank.
struct UnrankableVectors {
  std::vector<int64_t> not_finite;  ///< rows that hold NaN or infinity
  std::vector<int64_t> zero;        ///< rows of nothing but zeros
  int64_t count() const { return static_cast<int64_t>(not_finite.size() + zero.size()); }
};
UnrankableVectors find_unrankable(VectorView vectors);

/// Distances between vectors. Products of two float32 are exact in double and are summed in one fixed order,
/// so the numbers are the same on every processor (with fused multiply-add or without) and differ from exact
/// arithmetic by some 1e-16 of the vectors' lengths.
/// @throws InvalidArgument  different widths; a vector that holds NaN or infinity or is all zero, naming the
/// first and how many
std::unique_ptr<Distances> vector_distances(VectorView query, VectorView gallery, Metric metric);

/// Distances given as numbers, row by row (after re-ranking, or in a test).
/// @param values  queries * gallery numbers, copied
/// @throws InvalidArgument  wrong count; a NaN, naming which pair
std::unique_ptr<Distances> given_distances(std::vector<double> values, int64_t queries, int64_t gallery);

}  // namespace dmf::eval
