#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dmf/core/file.h"
#include "dmf/search/exact.h"

namespace dmf::search {

class Gallery;

struct ApproximateOptions {
  double recall = 0.95;  ///< wanted share of the nearest `answers` that are found
  int64_t answers = 10;
  int64_t queries = 256;   ///< crops of the gallery that it is checked with
  int64_t directions = 0;  ///< kept of each vector; 0: what is quickest
  uint64_t seed = 0;
  int64_t threads = 0;
};

/// What a search through the screen is like.
struct ApproximateFacts {
  int64_t rows = 0;        ///< that it knows
  int64_t directions = 0;  ///< numbers it keeps of each
  int64_t candidates = 0;  ///< that are compared in full for `answers` answers
  int64_t answers = 0;
  double wanted_recall = 0;
  double recall = 0;  ///< measured, on crops of the gallery
};

/// Quick search that may miss something: the rows nearest to the query in a few principal directions are
/// compared in full, with the vectors of the gallery. How many directions and candidates are needed for a
/// wanted recall is found by trying it on crops of the gallery. Models' vectors vary in few directions, so a
/// tenth of the numbers finds nearly all; a graph or an inverted file finds no more for the same time, takes
/// long to build, and does badly under a filter (docs/search.md has the figures).
///
/// It knows the rows that were there when it was built; those that were added since are compared in full, and
/// deleted ones are left out, so that an old one is slower, not wrong.
class ApproximateIndex {
 public:
  /// @throws InvalidArgument  options out of range, an empty gallery
  static ApproximateIndex build(const Snapshot& snapshot, const ApproximateOptions& options);
  /// Reads what save() wrote. @throws DataError  damaged, or of another gallery's width
  static ApproximateIndex load(const std::filesystem::path& path, int64_t width);
  void save(const std::filesystem::path& path) const;

  const ApproximateFacts& facts() const { return facts_; }
  /// How many rows of a snapshot it knows.
  int64_t covered(const Snapshot& snapshot) const;

  /// As search_exact(), but for `recall`. Where few rows are selected, exactly.
  Answers search(const Snapshot& snapshot, eval::VectorView queries, int64_t count,
                 const Selection& selection, const eval::WorkOptions& work = {}) const;

 private:
  struct Covered {
    int64_t segment, first, rows;  // `first`: place among its own rows
  };
  /// The covered rows in few directions, and the others in full.
  struct Spaces {
    Space screen, rest;
  };
  Spaces spaces(const Snapshot& snapshot) const;
  void project(const Snapshot& snapshot, int64_t threads);
  const float* rows() const { return mapped_.empty() ? values_.data() : mapped_.data(); }

  ApproximateFacts facts_;
  int64_t width_ = 0;
  std::vector<float> directions_;  // [directions, width]
  std::vector<Covered> covered_;
  std::vector<float> values_;      // [rows, directions], or
  std::span<const float> mapped_;  // the same in the file
  std::shared_ptr<const MappedFile> file_;
};

/// The index of a gallery, where it has one that is whole and knows at least half of it. Why it cannot be used
/// is logged.
std::optional<ApproximateIndex> usable_approximate(const Gallery& gallery);

/// Builds the index of a gallery anew where it has one that does not know a fifth of its crops. Only where no
/// other process writes the gallery.
/// @return  whether it was
bool refresh_approximate(const Gallery& gallery);

/// Where a gallery keeps it.
std::filesystem::path approximate_file(const std::filesystem::path& gallery);

}  // namespace dmf::search
