#include "dmf/eval/labels.h"

#include <algorithm>

#include "dmf/core/error.h"

namespace dmf::eval {

bool Labels::has_cameras() const {
  return std::any_of(cameras.begin(), cameras.end(), [](int64_t camera) { return camera != kUnknownCamera; });
}

void check_labels(const Labels& labels, int64_t count, const char* name) {
  DMF_CHECK(labels.count() == count, InvalidArgument,
            "[evaluate] {} labels: expected an identity for each of {} images, got {}", name, count,
            labels.count());
  DMF_CHECK(labels.cameras.empty() || labels.cameras.size() == labels.identities.size(), InvalidArgument,
            "[evaluate] {} labels: expected a camera for each of {} images or none at all, got {}", name,
            count, labels.cameras.size());
}

}  // namespace dmf::eval
