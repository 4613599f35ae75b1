#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "dmf/search/segment.h"
#include "dmf/search/space.h"

namespace dmf::search {

class Database;

/// Rows of a segment as they are searched. A position counts the rows of all parts.
struct Part {
  std::shared_ptr<const MappedSegment> segment;  ///< null where the file cannot be read at all
  int64_t number = 0;                            ///< of the segment
  int64_t first = 0;                             ///< position of its first row
  int64_t rows = 0;
};

/// The vectors of a gallery at one moment: what is done to the gallery afterwards changes nothing here. Safe
/// to use from several threads.
class Snapshot {
 public:
  /// Reads what is committed and maps the segments. Blocks are checked against their digests, on all
  /// processors, but those that `before` has checked; rows of damaged ones are left out.
  /// @param before  may be null
  /// @throws DataError  the database is damaged
  static std::shared_ptr<const Snapshot> load(const Database& database, const std::filesystem::path& folder,
                                              int64_t width, const Snapshot* before);

  int64_t width() const { return width_; }
  /// Vectors that can be found.
  int64_t count() const { return static_cast<int64_t>(ids_.size()); }
  /// Positions, those of deleted and damaged rows among them.
  int64_t positions() const { return positions_; }
  const std::vector<Part>& parts() const { return parts_; }
  const std::vector<Damage>& damage() const { return damage_; }
  const std::vector<Block>& blocks() const { return blocks_; }

  /// Crops that can be found, ascending, and the position of each.
  const std::vector<int64_t>& ids() const { return ids_; }
  const std::vector<int64_t>& places() const { return places_; }
  /// Its vector; null where there is no such crop, or it is damaged.
  const float* vector(int64_t id) const;
  const float* row(int64_t position) const { return space_.row(position); }
  /// The rows as they lie in memory, those of deleted and damaged ones among them.
  const Space& space() const { return space_; }
  int64_t id_at(int64_t position) const;

  /// All that can be found.
  Selection all() const;
  /// Those of `ids` (ascending) that can be found.
  Selection of(const std::vector<int64_t>& ids) const;

 private:
  Snapshot() = default;
  void read(const Database& database);
  void map(const std::filesystem::path& folder, const Snapshot* before);
  void check(const Snapshot* before);
  void place();

  struct Row {
    int64_t segment, row, id;
  };
  int64_t width_ = 0, positions_ = 0;
  std::vector<Block> blocks_;  // by segment and first row
  std::vector<Part> parts_;
  Space space_;
  std::vector<Damage> damage_;
  std::vector<Row> rows_;        // while it is made
  std::vector<Damage> unknown_;  // rows of nobody knows whom
  std::vector<int64_t> ids_, places_;
};

}  // namespace dmf::search
