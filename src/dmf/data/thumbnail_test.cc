#include "dmf/data/thumbnail.h"

#include <gmock/gmock.h>

#include <cmath>

#include "dmf/core/error.h"
#include "support/message_of.h"

namespace dmf::data {
namespace {

Pixels slope(int64_t height, int64_t width) {
  Pixels picture{height, width, {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (const int64_t value : {255 * y / height, 255 * x / width, int64_t{40}})
        picture.rgb.push_back(static_cast<uint8_t>(value));
    }
  }
  return picture;
}

TEST(Thumbnail, IsASmallerPictureOfTheSameLook) {
  const std::string jpeg = thumbnail_jpeg(slope(256, 128), 64);
  const Pixels small = decode_bytes(std::as_bytes(std::span(jpeg)), "a thumbnail").pixels;
  ASSERT_EQ(small.height, 64);
  ASSERT_EQ(small.width, 32);
  const Pixels expected = resize_pixels(slope(256, 128), 64, 32);
  double difference = 0;
  for (size_t i = 0; i < small.rgb.size(); ++i) difference += std::abs(small.rgb[i] - expected.rgb[i]);
  EXPECT_LT(difference / static_cast<double>(small.rgb.size()), 4);
}

TEST(Thumbnail, StaysWithinItsBounds) {
  const auto size = [](int64_t height, int64_t width) {
    const std::string jpeg = thumbnail_jpeg(slope(height, width), 64);
    const Pixels small = decode_bytes(std::as_bytes(std::span(jpeg)), "a thumbnail").pixels;
    return std::pair(small.height, small.width);
  };
  EXPECT_EQ(size(20, 10), std::pair(int64_t{20}, int64_t{10})) << "never larger";
  EXPECT_EQ(size(100, 1000), std::pair(int64_t{13}, int64_t{128}));
  EXPECT_EQ(size(4000, 2), std::pair(int64_t{64}, int64_t{1}));
  EXPECT_THAT(test::message_of<InvalidArgument>([] { thumbnail_jpeg(slope(9, 9), 8); }),
              testing::HasSubstr("16 to 1024"));
}

}  // namespace
}  // namespace dmf::data
