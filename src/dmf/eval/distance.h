#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dmf/eval/vectors.h"

namespace dmf::eval {

/// How far two vectors are apart; less is nearer.
enum class Metric {
  kCosine,           ///< 1 - a.b / (|a||b|), in [0, 2]
  kSquaredEuclidean  ///< |a|² + |b|² - 2 a.b, >= 0; ranks as the plain Euclidean distance does
};

/// "cosine" or "euclidean". Throws InvalidArgument on another name.
Metric metric_by_name(const std::string& name);
const char* name_of(Metric metric);

/// How work is cut and shared out; no result depends on it.
struct WorkOptions {
  int64_t query_block = 112;     ///< queries that a thread takes at once
  int64_t gallery_block = 2048;  ///< gallery images that are prepared together and then serve all queries
  int64_t threads = 0;           ///< 0 = as many as processors
};

/// Throws InvalidArgument on blocks that are not positive or a negative number of threads.
void check_work(const WorkOptions& work);

/// One query against a part of the gallery, in float32: what can be decided with it need not be worked out
/// exactly.
struct ScreenedRow {
  int64_t query;
  Rows gallery;     ///< at most kBlockColumns images
  float* nearness;  ///< kBlockColumns numbers, larger = nearer; -infinity behind the last image. May be
                    ///< overwritten.
  double error;     ///< no number is farther than this from the exact nearness
  int64_t thread;   ///< 0 … threads - 1: two calls at the same time have two numbers
};
using ScreenVisitor = std::function<void(const ScreenedRow&)>;

/// A few images against others of the same set, in float32.
struct ScreenedTile {
  Rows rows;        ///< not behind `columns`, but the two may overlap
  Rows columns;     ///< at most kBlockColumns images
  float* nearness;  ///< [rows, kBlockColumns], as ScreenedRow's
  double error;     ///< of the least exact of them
};
using TileVisitor = std::function<void(const ScreenedTile&)>;

/// Distances between all queries and all gallery images, made a block at a time so that [Q, G] need never be
/// held.
///
/// A distance is a double that depends on its two images alone: not on the block it is made in, the thread,
/// the processor, or the images beside it. Computing them all so would be slow; screen() gives float32
/// numbers with a bound on their error, from the fastest loops this processor has, and pair() decides the few
/// pairs that these leave undecided. Whoever asks in this way gets answers that are exact in double. Safe to
/// use from several threads.
class Distances {
 public:
  virtual ~Distances() = default;
  virtual int64_t query_count() const = 0;
  virtual int64_t gallery_count() const = 0;
  /// The distance of one pair.
  virtual double pair(int64_t query, int64_t gallery) const = 0;
  /// Visits each query with each part of the gallery, in the gallery's order, on several threads; the same
  /// query never on two threads at once.
  virtual void screen(const WorkOptions& work, const ScreenVisitor& visit) const = 0;
  /// Half the work of screen() where a set is compared with itself and nearness is the same both ways: each
  /// pair (i, j), i <= j, is in one tile, row i. (Pairs with i > j that a tile holds too are to be passed
  /// over.) On several threads; an image may be in tiles of two threads at once.
  /// @return false where it cannot be done; then nothing was visited
  virtual bool screen_pairs(const WorkOptions& /*work*/, const TileVisitor& /*visit*/) const { return false; }
  /// The nearness that screen() gives, up to its error, for an image of this distance: it falls as the
  /// distance grows.
  virtual double nearness(int64_t query, double distance) const = 0;
  /// The other way round: a distance is linear in the nearness.
  virtual double distance(int64_t query, double nearness) const = 0;
  /// No distance is less than the first or more than the second.
  virtual std::pair<double, double> range() const = 0;
};

/// Distances between vectors: products of two float32 are exact in double and are summed in one fixed order,
/// so the numbers are the same on every processor and differ from exact arithmetic by some 1e-16 of the
/// vectors' lengths.
/// @throws InvalidArgument  different widths; a vector that holds NaN or infinity or is all zero, naming the
///   first and how many
std::unique_ptr<Distances> vector_distances(VectorView query, VectorView gallery, Metric metric);

/// Distances given as numbers, row by row (another program's, or in a test).
/// @param values  queries * gallery numbers, copied
/// @throws InvalidArgument  wrong count; a NaN, naming which pair
std::unique_ptr<Distances> given_distances(std::vector<double> values, int64_t queries, int64_t gallery);

}  // namespace dmf::eval
