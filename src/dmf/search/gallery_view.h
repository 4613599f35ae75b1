#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/search/crop.h"
#include "dmf/search/exact.h"

namespace dmf::search {

/// Where the gallery is kept does not answer: it was not reached, or was lost and not reached again.
class Unreachable : public DataError {
 public:
  using DataError::DataError;
};

/// What a gallery holds vectors of.
struct GalleryKind {
  std::string model;  ///< fingerprint of the model's weights: vectors of another cannot be compared
  int64_t width = 0;  ///< numbers of a vector
};

/// How many crops have a value, by value; the empty one: not known.
using Counts = std::map<std::string, int64_t>;

struct GalleryStatistics {
  int64_t crops = 0, thumbnails = 0, identities = 0;
  int64_t deleted_rows = 0;                 ///< vectors of deleted crops that compaction would remove
  std::optional<int64_t> segments, blocks;  ///< of a folder
  int64_t vector_bytes = 0, database_bytes = 0;
  std::optional<int64_t> first_time, last_time;
  Counts cameras, tags;
};

struct CompactionResult {
  int64_t rows = 0;           ///< of deleted crops that are gone now
  int64_t dropped_crops = 0;  ///< whose vectors were damaged
  int64_t bytes = 0;          ///< by which the gallery has become smaller
};

/// What was found, and how.
struct SearchResult {
  Answers answers;
  int64_t searched = 0;  ///< crops that the filter leaves
  bool is_exact = true;
};

/// A gallery as it is read, wherever it is kept: in a folder (Gallery) or a database (pgstore::DatabaseGallery).
/// Used by one thread at a time.
class GalleryView {
 public:
  virtual ~GalleryView() = default;

  /// How an error message names it: a folder, or a name in a database (without a password).
  virtual std::string place() const = 0;
  /// Its name alone.
  virtual std::string title() const = 0;
  virtual const GalleryKind& kind() const = 0;
  /// A value that was stored with set_property(); empty where none was.
  virtual std::string property(const std::string& key) const = 0;

  virtual int64_t count() const = 0;
  /// The crop, if there is one. @throws DataError  its fields are damaged
  virtual std::optional<Crop> find(int64_t id) const = 0;
  /// @throws InvalidArgument  no such crop. As find()
  Crop crop(int64_t id) const;
  /// Its small JPEG; empty where it has none. @throws DataError  damaged
  virtual std::string thumbnail(int64_t id) const = 0;
  /// Ids of the crops that are meant, ascending. An empty filter means all.
  virtual std::vector<int64_t> select(const Filter& filter) const = 0;
  /// The version of each source that is in.
  virtual std::unordered_map<std::string, std::string> sources() const = 0;
  virtual GalleryStatistics statistics() const = 0;
  /// What cannot be read, a line each.
  virtual std::vector<std::string> damage() const = 0;

  /// The vector of a crop, of length 1; empty where there is none, or it is damaged.
  virtual std::vector<float> vector(int64_t id) const = 0;
  /// The `count` crops nearest to each query among those that `filter` means; approximately where the gallery
  /// has an approximate index and `is_exact` does not forbid it.
  /// @throws InvalidArgument  as search_exact()
  virtual SearchResult search(eval::VectorView queries, int64_t count, const Filter& filter,
                              bool is_exact) const = 0;
};

/// A gallery as it is written. Each call that changes something is done when it returns, all of it.
class GalleryKeeper {
 public:
  virtual ~GalleryKeeper() = default;

  /// The same gallery, to read.
  virtual const GalleryView& view() const = 0;
  /// Adds crops with their vectors. A crop takes the place of one with the same source.
  /// @param vectors  as many as crops, of the gallery's width, of any length but 0: kept with length 1
  /// @return         their ids, ascending
  /// @throws InvalidArgument  other counts or width, a vector that is not finite or all zero, a source twice
  /// @throws DataError        it cannot be stored; then nothing was added
  virtual std::vector<int64_t> add(eval::VectorView vectors, std::span<const NewCrop> crops) = 0;
  /// Deletes crops with all that is known of them; ids that are not there do not matter. They are not found any
  /// more; what is left of their bytes leaves with compact().
  /// @return how many there were
  virtual int64_t remove(const std::vector<int64_t>& ids) = 0;
  /// Changes fields of crops. @throws InvalidArgument  no such crop; then nothing was changed
  virtual void update(const std::vector<int64_t>& ids, const CropUpdate& change) = 0;
  /// Writes the gallery anew without what was deleted.
  /// @param drop_damaged  deletes crops whose vectors are damaged, which is an error otherwise
  virtual CompactionResult compact(bool drop_damaged) = 0;
  virtual void set_property(const std::string& key, const std::string& value) = 0;
  /// Builds an approximate index anew where there is one that knows too few of the crops.
  virtual void refresh_approximate() = 0;
};

/// What GalleryKeeper::add() refuses. @param place  of the gallery, for the message. @throws InvalidArgument
void check_addition(const std::string& place, const GalleryKind& kind, eval::VectorView vectors,
                    std::span<const NewCrop> crops);

/// @throws InvalidArgument  a gallery of the kind `own` cannot take vectors of `other`
void check_kind(const std::string& place, const GalleryKind& own, const GalleryKind& other);

/// Puts one query's hits in the order of k-reciprocal re-ranking among themselves, wherever their vectors are.
void re_rank(const GalleryView& gallery, const float* query, std::vector<Hit>& hits,
             const eval::ReRankingOptions& options);

}  // namespace dmf::search
