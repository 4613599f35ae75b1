#include "dmf/eval/answers.h"

#include <algorithm>
#include <limits>

#include "dmf/core/error.h"

namespace dmf::eval {
namespace {

void hide(const Answers::Images& images, const ScreenedRow& row) {
  for (auto image = std::lower_bound(images.begin(), images.end(), row.gallery.first);
       image != images.end() && *image < row.gallery.last; ++image)
    row.nearness[*image - row.gallery.first] = -std::numeric_limits<float>::infinity();
}

}  // namespace

Answers::Answers(const Labels& query, int64_t query_count, const Labels& gallery, int64_t gallery_count)
    : query_(query), gallery_(gallery) {
  check_labels(query, query_count, "query");
  check_labels(gallery, gallery_count, "gallery");
  const auto junk = std::find(query.identities.begin(), query.identities.end(), kJunk);
  DMF_CHECK(junk == query.identities.end(), InvalidArgument,
            "[evaluate] query {} is junk (identity {}): nothing can be a right answer to it",
            junk - query.identities.begin(), kJunk);
  for (int64_t g = 0; g < gallery.count(); ++g)
    images_of_[gallery.identities[static_cast<size_t>(g)]].push_back(g);
  for (const int64_t identity : query.identities) own_images_.push_back(images(identity));
  junk_ = images(kJunk);
}

const Answers::Images* Answers::images(int64_t identity) const {
  static const Images none;
  const auto found = images_of_.find(identity);
  return found == images_of_.end() ? &none : &found->second;
}

void Answers::keep_wrong(const ScreenedRow& row) const {
  hide(*junk_, row);
  hide(own_images(row.query), row);
}

}  // namespace dmf::eval
