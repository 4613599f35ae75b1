#include "dmf/report/overlay.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/report/pointing.h"

namespace dmf::report {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;
using testing::Pointwise;

data::Pixels plain(int64_t height, int64_t width, uint8_t value) {
  return {height, width, std::vector<uint8_t>(static_cast<size_t>(3 * height * width), value)};
}

TEST(PatchMaps, RunSmoothlyThroughThePatchesMiddles) {
  // Two patches over four pixels: their middles lie at 1 and 3, the pixels' at 0.5, 1.5, 2.5, 3.5. A quarter
  // of the way from 0 to 4 the curve has 4 (t + 4 t² - 3 t³) / 2 + 4 (t³ - t²) / 2 = 0.8125.
  EXPECT_THAT(at_pixels({1, 2, {0, 4}}, 1, 4), Pointwise(FloatEq(), {0, 0.8125, 3.1875, 4}));
  EXPECT_THAT(at_pixels({2, 1, {0, 4}}, 4, 1), Pointwise(FloatEq(), {0, 0.8125, 3.1875, 4}));
  EXPECT_THAT(at_pixels({1, 1, {7}}, 2, 2), Each(7));
  EXPECT_THROW(at_pixels({2, 2, {1, 2, 3}}, 4, 4), InvalidArgument);
  EXPECT_THROW(at_pixels({1, 1, {1}}, 0, 4), InvalidArgument);
}

TEST(PatchMaps, AreShownFromZeroToOne) {
  EXPECT_THAT(shown({1, 3, {-2, 1, 4}}).values, ElementsAre(0, 0.25F, 1));
  EXPECT_THAT(shown({1, 2, {-2, -1}}).values, ElementsAre(0, 0));
}

TEST(Overlay, LeavesThePictureWhereTheMapIsZero) {
  const data::Pixels picture = plain(8, 8, 100);
  const data::Pixels result = overlay(picture, {1, 2, {0, 1}}, 8, 8);
  EXPECT_EQ(result.rgb[0], 100);
  const size_t last = result.rgb.size() - 3;  // yellow: red and green above blue
  EXPECT_GT(result.rgb[last], 180);
  EXPECT_GT(result.rgb[last + 1], 160);
  EXPECT_LT(result.rgb[last + 2], 120);
  EXPECT_EQ(overlay(picture, {1, 1, {0}}, 256, 128).rgb, plain(256, 128, 100).rgb);
}

TEST(Unrecognisable, KeepsNothingFinerThanItsFields) {
  data::Pixels first = plain(64, 32, 0), second = first;
  for (size_t i = 0; i < first.rgb.size(); ++i) {
    const size_t x = i / 3 % 32, y = i / 3 / 32;
    first.rgb[i] = x / 2 % 2 == 0 ? 200 : 40;   // stripes upright
    second.rgb[i] = y / 2 % 2 == 0 ? 200 : 40;  // and lying
  }
  EXPECT_EQ(unrecognisable(first).rgb, unrecognisable(second).rgb);
  EXPECT_THAT(unrecognisable(first).rgb, Each(120));
  EXPECT_EQ(unrecognisable(first).height, 64);
}

PixelMask mask(int64_t height, int64_t width, int64_t y, int64_t x) {
  PixelMask mask{height, width, std::vector<bool>(static_cast<size_t>(height * width))};
  mask.pixels[static_cast<size_t>(y * width + x)] = true;
  return mask;
}

TEST(Pointing, MasksGrowAlongRowsAndColumns) {
  EXPECT_EQ(share_of(mask(7, 9, 3, 4)), 1.0 / 63);
  EXPECT_EQ(share_of(widened(mask(7, 9, 3, 4), 2)), 25.0 / 63);
  EXPECT_EQ(share_of(widened(mask(7, 9, 0, 0), 2)), 9.0 / 63) << "cut at the edge";
  EXPECT_EQ(share_of(widened(mask(7, 9, 3, 4), 0)), 1.0 / 63);
  PixelMask none = mask(7, 9, 0, 0);
  none.pixels[0] = false;
  EXPECT_EQ(share_of(widened(none, 3)), 0);
}

TEST(Pointing, HitsWhereTheLargestValueLies) {
  const PatchMap map{2, 2, {0, 1, 3, 2}};  // largest at the lower left
  EXPECT_TRUE(points_into(map, mask(4, 4, 3, 0)));
  EXPECT_FALSE(points_into(map, mask(4, 4, 0, 3)));
  EXPECT_FALSE(points_into(map, mask(4, 4, 2, 1)));
  EXPECT_TRUE(points_into(map, widened(mask(4, 4, 2, 1), 1)));
}

}  // namespace
}  // namespace dmf::report
