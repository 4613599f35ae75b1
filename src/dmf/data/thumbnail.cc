#include "dmf/data/thumbnail.h"

#include <turbojpeg.h>

#include <algorithm>
#include <memory>

#include "dmf/core/error.h"

namespace dmf::data {
namespace {

constexpr int kQuality = 85;
constexpr int64_t kSmallest = 16, kLargest = 1024;

}  // namespace

std::string thumbnail_jpeg(const Pixels& picture, int64_t height) {
  DMF_CHECK(height >= kSmallest && height <= kLargest, InvalidArgument,
            "[thumbnail] height: expected {} to {}, got {}", kSmallest, kLargest, height);
  DMF_CHECK(picture.height > 0 && picture.width > 0, InvalidArgument, "[thumbnail] an empty picture");
  const double scale = std::min({1.0, static_cast<double>(height) / static_cast<double>(picture.height),
                                 2.0 * static_cast<double>(height) / static_cast<double>(picture.width)});
  const auto scaled = [&](int64_t size) {
    return std::max<int64_t>(1, static_cast<int64_t>(scale * static_cast<double>(size) + 0.5));
  };
  const Pixels small = resize_pixels(picture, scaled(picture.height), scaled(picture.width));
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const bool is_done = encoder && tjCompress2(encoder.get(), small.rgb.data(), static_cast<int>(small.width),
                                              0, static_cast<int>(small.height), TJPF_RGB, &bytes, &count,
                                              TJSAMP_420, kQuality, TJFLAG_FASTDCT) == 0;
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(bytes, tjFree);
  DMF_CHECK(is_done, Error, "[thumbnail] {}", tjGetErrorStr2(encoder.get()));
  return {reinterpret_cast<const char*>(bytes), count};
}

}  // namespace dmf::data
