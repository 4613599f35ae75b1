#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dmf::eval {

/// Identity of a junk image (a bad detection): it is neither a right nor a wrong answer.
inline constexpr int64_t kJunk = -1;

/// Identity of a distractor, as in Market-1501: nobody who is searched for. Where a query has this identity
/// (labels that begin at 0) it is a person like any other.
inline constexpr int64_t kDistractor = 0;

/// Camera of an image whose camera is not known.
inline constexpr int64_t kUnknownCamera = -1;

/// Who is on each image of a set, and where it was taken.
struct Labels {
  /// Compared with each other only, so that any 64 bits will do; kJunk for junk.
  std::vector<int64_t> identities;
  std::vector<int64_t> cameras;  ///< one an image, or none at all; kUnknownCamera where it is not known

  int64_t count() const { return static_cast<int64_t>(identities.size()); }
  /// Camera of image `i`, kUnknownCamera where there are no cameras.
  int64_t camera(int64_t i) const {
    return cameras.empty() ? kUnknownCamera : cameras[static_cast<size_t>(i)];
  }
  /// Whether any image has a known camera.
  bool has_cameras() const;
};

/// Throws InvalidArgument unless there is an identity for each of `count` images and a camera for each or
/// none.
/// @param name  the set's name for the message ("query", "gallery")
void check_labels(const Labels& labels, int64_t count, const char* name);

}  // namespace dmf::eval
