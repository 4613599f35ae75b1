#pragma once
#include <unordered_map>
#include <vector>

#include "dmf/eval/distance.h"
#include "dmf/eval/labels.h"

namespace dmf::eval {

/// Which gallery images are right answers to a query, which are wrong, and which do not count: Market-1501's
/// rules.
class Answers {
 public:
  using Images = std::vector<int64_t>;

  /// @param query, gallery  must outlive this
  /// @throws InvalidArgument  labels that do not fit the counts; a junk query
  Answers(const Labels& query, int64_t query_count, const Labels& gallery, int64_t gallery_count);

  /// Gallery images of the query's identity, in order.
  const Images& own_images(int64_t query) const { return *own_images_[static_cast<size_t>(query)]; }
  /// Whether both are known to be from one camera: of the query's identity such an image is removed.
  bool is_same_camera(int64_t query, int64_t image) const {
    return query_.camera(query) != kUnknownCamera && query_.camera(query) == gallery_.camera(image);
  }
  /// Whether an image is an answer at all, right or wrong: not junk, nor of the query's identity and camera.
  bool counts(int64_t query, int64_t image) const {
    const int64_t identity = gallery_.identities[static_cast<size_t>(image)];
    return identity != kJunk &&
           (identity != query_.identities[static_cast<size_t>(query)] || !is_same_camera(query, image));
  }
  /// Leaves wrong answers only: what is of the query's identity, or junk, becomes infinitely far.
  void keep_wrong(const ScreenedRow& row) const;

  const Labels& query() const { return query_; }
  const Labels& gallery() const { return gallery_; }
  /// Gallery images that are nobody's: junk.
  int64_t junk() const { return static_cast<int64_t>(junk_->size()); }

 private:
  const Images* images(int64_t identity) const;

  const Labels& query_;
  const Labels& gallery_;
  std::unordered_map<int64_t, Images> images_of_;  // images of each identity, in order
  std::vector<const Images*> own_images_;          // of each query's identity
  const Images* junk_;
};

}  // namespace dmf::eval
