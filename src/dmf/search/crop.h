#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dmf::search {

/// What a gallery knows of a picture besides its vector.
struct Crop {
  int64_t id = 0;      ///< the gallery gives it, from 1 on, and never gives it again; 0: not in a gallery yet
  std::string source;  ///< where the picture is (a path); no two crops have the same; empty: nowhere
  std::string version;  ///< tells the source from what stands there after a change; empty: nothing does
  std::string camera;   ///< empty: not known
  std::optional<int64_t> time;    ///< milliseconds since 1970-01-01 UTC
  std::string identity;           ///< empty: not known
  std::vector<std::string> tags;  ///< sorted, each once, none empty
};

/// A crop that is to be added.
struct NewCrop {
  Crop crop;
  std::string thumbnail;  ///< a small JPEG; may be empty
};

/// Which crops are meant: those that fulfil every part that is given.
struct Filter {
  std::vector<int64_t> ids;             ///< any of them
  std::vector<std::string> sources;     ///< any of them
  std::vector<std::string> cameras;     ///< any of them
  std::vector<std::string> identities;  ///< any of them
  std::vector<std::string> tags;        ///< all of them
  std::optional<int64_t> from, before;  ///< time at or after, and before; without a time a crop is not meant

  bool is_empty() const {
    return ids.empty() && sources.empty() && cameras.empty() && identities.empty() && tags.empty() && !from &&
           !before;
  }
};

/// New values; what is not given stays.
struct CropUpdate {
  std::optional<std::string> camera, identity;  ///< empty: no longer known
  std::optional<std::optional<int64_t>> time;
  std::optional<std::vector<std::string>> tags;  ///< in the place of all there were
  std::vector<std::string> add_tags, remove_tags;
};

/// Sorted, each once, none empty.
std::vector<std::string> sorted_tags(std::vector<std::string> tags);

/// The crop after an update.
Crop updated(Crop crop, const CropUpdate& update);

/// A digest of all fields.
int64_t digest_of(const Crop& crop);

/// Milliseconds since 1970 of "2026-01-31", "2026-01-31T12:00", "2026-01-31 12:00:05.250", each also with
/// "Z",
/// "+01:00" or "-0530" behind it (without: UTC).
/// @throws InvalidArgument  anything else
int64_t parse_time(const std::string& text);

/// "2026-01-31T12:00:05Z", with milliseconds where there are any.
std::string time_text(int64_t milliseconds);

}  // namespace dmf::search
