#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

#include "dmf/world/shot.h"

namespace dmf::world {
namespace {

constexpr int kHeight = 96, kWidth = 48;

double mean_of(const Image8& image) {
  double sum = 0;
  for (const uint8_t value : image.rgb) sum += value;
  return sum / static_cast<double>(image.rgb.size());
}

/// Mean difference of neighbours in a row: how much fine detail an image has.
double detail_of(const Image8& image) {
  double sum = 0;
  for (size_t i = 3; i < image.rgb.size(); ++i) sum += std::abs(image.rgb[i] - image.rgb[i - 3]);
  return sum / static_cast<double>(image.rgb.size());
}

LookOf<float> clean() { return {.contrast = 1, .saturation = 1, .quality = 100, .rows = kHeight}; }

/// Upright stripes, dark and bright.
std::vector<Vec3> stripes() {
  std::vector<Vec3> light(static_cast<size_t>(kHeight) * kWidth);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const float value = x / 3 % 2 == 0 ? .1F : .4F;
      light[static_cast<size_t>(y) * kWidth + static_cast<size_t>(x)] = {value, value, value};
    }
  }
  return light;
}

Image8 developed(const LookOf<float>& look) {
  RandomStream random(1, "scene_test");
  return develop(stripes(), kHeight, kWidth, look, 1, random);
}

TEST(Develop, KeepsACleanImageAsItIs) {
  const Image8 image = developed(clean());
  EXPECT_NEAR(image.rgb[0], 255 * srgb_from_linear(.1F), 1.5);
  EXPECT_NEAR(image.rgb[9], 255 * srgb_from_linear(.4F), 1.5);
}

TEST(Develop, EachOptionDoesWhatItSays) {
  const Image8 image = developed(clean());
  const auto with = [&](float LookOf<float>::*member, float value) {
    LookOf<float> look = clean();
    look.*member = value;
    return developed(look);
  };
  EXPECT_GT(mean_of(with(&LookOf<float>::exposure, 1)), mean_of(image) + 20);
  EXPECT_LT(mean_of(with(&LookOf<float>::vignette, .5F)), mean_of(image) - 5);
  EXPECT_LT(detail_of(with(&LookOf<float>::blur, 6)), .7 * detail_of(image));
  EXPECT_LT(detail_of(with(&LookOf<float>::motion, 12)), .9 * detail_of(image));
  EXPECT_LT(detail_of(with(&LookOf<float>::rows, 30)), .8 * detail_of(image));
  EXPECT_LT(detail_of(with(&LookOf<float>::contrast, .5F)), .7 * detail_of(image));
  EXPECT_GT(detail_of(with(&LookOf<float>::noise, 10)), 1.1 * detail_of(image));
  EXPECT_NE(with(&LookOf<float>::quality, 20).rgb, image.rgb);
  const Image8 warm = with(&LookOf<float>::temperature, .5F);
  EXPECT_GT(warm.rgb[0], warm.rgb[2] + 10) << "red against blue";
  const Image8 green = with(&LookOf<float>::tint, -.5F);
  EXPECT_GT(green.rgb[1], green.rgb[0] + 3);
}

TEST(Develop, NoiseHasTheDeviationAskedFor) {
  LookOf<float> look = clean();
  look.noise = 6;
  RandomStream random(2, "scene_test");
  const Image8 image =
      develop(std::vector<Vec3>(kHeight * kWidth, {.2F, .2F, .2F}), kHeight, kWidth, look, 1, random);
  const double mean = mean_of(image);
  double sum = 0;
  for (const uint8_t value : image.rgb) sum += (value - mean) * (value - mean);
  EXPECT_NEAR(std::sqrt(sum / static_cast<double>(image.rgb.size())), 6, 1);
}

TEST(Precipitation, HidesOnlyWhatLiesBehindIt) {
  Daylight snow;
  snow.snowfall = 1;
  const std::vector<Vec3> dark(kHeight * kWidth);
  const auto count = [&](float depth) {
    std::vector<Vec3> light = dark;
    RandomStream random(3, "scene_test");
    add_precipitation(light, std::vector<float>(light.size(), depth), kHeight, kWidth, snow, 400, random);
    return std::ranges::count_if(light, [](const Vec3& v) { return v.x > .05F; });
  };
  EXPECT_EQ(count(.5F), 0) << "flakes fall at .8 m and farther";
  EXPECT_GT(count(20), count(3));
  EXPECT_GT(count(3), 0);
}

TEST(DrawSite, NothingStandsBetweenCameraAndPersons) {
  for (int place = 1; place <= kPlaces; ++place) {
    for (uint64_t i = 0; i < 20; ++i) {
      RandomStream random(4, "scene_test", {static_cast<uint64_t>(place), i});
      const Standpoint standpoint{9, 2};
      const Site site = draw_site(place, standpoint, random);
      Camera camera;
      camera.eye = {0, 2.5F, 9}, camera.target = {0, .9F, 0};
      camera.focal = 900, camera.centre_x = kWidth / 2.F, camera.centre_y = kHeight / 2.F;
      const Daylight light = draw_daylight({.place = place}, random);
      const Backdrop backdrop = render_backdrop(site, camera, light, kHeight, kWidth);
      const float middle = backdrop.depth[static_cast<size_t>(kHeight / 2) * kWidth + kWidth / 2];
      EXPECT_GT(middle, 8.5F) << place_name(place) << " " << i;
    }
  }
}

TEST(RenderBackdrop, GroundLiesWhereItShould) {
  Site site;
  site.ground = {Surface::kPaint, {.5F, .5F, .5F}};
  Camera camera;
  camera.eye = {0, 2, 8}, camera.target = {0, 0, 4};
  camera.focal = 100, camera.centre_x = kWidth / 2.F, camera.centre_y = kHeight / 2.F;
  Daylight light;
  light.lighting = {.sun_direction = {0, 1, 0}, .sun = {.6F, .6F, .6F}, .sky = {.2F, .2F, .2F}};
  const Backdrop clear = render_backdrop(site, camera, light, kHeight, kWidth);
  const size_t middle = static_cast<size_t>(kHeight / 2) * kWidth + kWidth / 2;
  EXPECT_NEAR(clear.depth[middle], std::sqrt(20.0), .1) << "the axis meets the ground at its target";
  // Half of the sun's and the sky's light, and a little of the sky mirrored.
  EXPECT_NEAR(clear.rgb[middle].x, .4, .02);
  EXPECT_NEAR(clear.sun[middle].x, .3, .01);
  EXPECT_NEAR(clear.sky[middle].x, .1, .01);
  light.fog = 10, light.fog_colour = {.7F, .7F, .7F};
  EXPECT_NEAR(render_backdrop(site, camera, light, kHeight, kWidth).rgb[middle].x, .7, 1e-3);
}

TEST(RenderBackdrop, ThingsThrowShadows) {
  Site site;
  site.ground = {Surface::kPaint, {.5F, .5F, .5F}};
  site.boxes.push_back({{2, 0, -1}, {3, 3, 1}, {}, {}});
  Daylight light;
  light.lighting.sun_direction = {.7071F, .7071F, 0};
  EXPECT_EQ(sunlight_at(site, light, {0, 0, 0}), 0) << "3 m high, 2 m away, the sun at 45 degrees";
  EXPECT_EQ(sunlight_at(site, light, {-2, 0, 0}), 1);
  EXPECT_EQ(sunlight_at(site, light, {0, 0, 3}), 1);
  site.yaw = std::numbers::pi_v<float> / 2;
  EXPECT_EQ(sunlight_at(site, light, {0, 0, 0}), 1) << "turned away with its place";
}

/// A person and a camera to take its pictures.
class TakePicture : public testing::Test {
 protected:
  TakePicture() : person_(draw_identity({}, 8, 1)) {
    person_.hat = HatType::kNone, person_.umbrella.reset(), person_.hair = HairStyle::kShort;
    mesh_ = build_person(person_);
    camera_ = draw_camera(shifted(find_domain("varied"), 0), 1, 1);
    camera_.crowd = 0, camera_.occlusion = 0, camera_.box_error = 0;
    site_ = site_of(camera_, 1);
  }
  Shot shot(int viewpoint) const {
    RandomStream random(9, "scene_test", {static_cast<uint64_t>(viewpoint)});
    return draw_shot(person_, mesh_, camera_, site_, {.viewpoint = viewpoint}, 128, 64, random);
  }
  Sight sight(const Shot& shot) const { return take_picture(shot, site_, person_, mesh_, {}, 128, 64).sight; }
  static int seen(const Sight& sight, Part part) { return sight.visible[static_cast<size_t>(part)]; }

  Identity person_;
  PersonMesh mesh_;
  CameraStyle camera_;
  Site site_;
};

TEST_F(TakePicture, ViewpointsAreFineGprs) {
  EXPECT_GT(seen(sight(shot(1)), Part::kFace), 10 * (1 + seen(sight(shot(19)), Part::kFace)));
  // From c10 the right side is seen: the person looks to the right of the image.
  const Shot right = shot(10), left = shot(28);
  const Vec3 to_right = camera_axes(right.camera).row[0];
  EXPECT_GT(to_right.x * std::sin(right.pose.heading) + to_right.z * std::cos(right.pose.heading), .9F);
  EXPECT_LT(to_right.x * std::sin(left.pose.heading) + to_right.z * std::cos(left.pose.heading), -.9F);
}

TEST_F(TakePicture, WhatIsHiddenIsNotSeen) {
  Shot free = shot(1), hidden = free;
  hidden.occluder = {Occluder::Edge::kBottom, .4F, {}};
  EXPECT_GT(seen(sight(free), Part::kShoes), 0);
  EXPECT_EQ(seen(sight(hidden), Part::kShoes), 0);
  EXPECT_EQ(seen(sight(free), Part::kHair), seen(sight(hidden), Part::kHair));
  hidden.occluder = {Occluder::Edge::kLeft, 1, {}};
  for (const int count : sight(hidden).visible) EXPECT_EQ(count, 0);
}

TEST_F(TakePicture, ThePersonFillsTheBox) {
  const Shot whole = shot(1);
  const Mat3 axes = camera_axes(whole.camera);
  const float top = project(whole.camera, axes, whole.pose.position + Vec3{0, mesh_.height, 0}).y;
  const float bottom = project(whole.camera, axes, whole.pose.position).y;
  EXPECT_NEAR(bottom - top, .9 * 128, 1);
  EXPECT_NEAR((bottom + top) / 2, 64, 1);
}

TEST_F(TakePicture, IsTheSameEachTime) {
  const Shot one = shot(5);
  EXPECT_EQ(take_picture(one, site_, person_, mesh_, {}, 128, 64).image.rgb,
            take_picture(one, site_, person_, mesh_, {}, 128, 64).image.rgb);
}

TEST_F(TakePicture, PassersByStandBehind) {
  Shot alone = shot(1);
  alone.has_crowd = true;
  const Identity other = draw_identity({}, 8, 2);
  const std::vector<Walker> crowd{{other, build_person(other)}};
  const Picture picture = take_picture(alone, site_, person_, mesh_, crowd, 128, 64);
  EXPECT_EQ(seen(picture.sight, Part::kFace), seen(sight(alone), Part::kFace));
  EXPECT_NE(picture.image.rgb, take_picture(alone, site_, person_, mesh_, {}, 128, 64).image.rgb);
}

}  // namespace
}  // namespace dmf::world
