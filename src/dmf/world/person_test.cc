#include "dmf/world/person.h"

#include <gtest/gtest.h>

#include "dmf/world/geometry.h"
#include "dmf/world/posed.h"
#include "dmf/world/trim.h"

namespace dmf::world {
namespace {

constexpr Colour kRed{.8F, .05F, .05F}, kBlue{.1F, .1F, .8F}, kGreen{.1F, .7F, .1F};

Identity plain() {
  Identity identity;
  identity.skin = {.85F, .65F, .55F};
  identity.hair_colour = {.15F, .1F, .08F};
  identity.upper.fabric.colour = kRed;
  identity.lower.fabric.colour = kBlue;
  identity.shoes.colour = {.1F, .1F, .1F};
  identity.details = 12345;
  return identity;
}

Camera before(float height) {
  Camera camera;
  camera.target = {0, height / 2, 0};
  camera.eye = {0, height / 2 + .8F, 7};
  camera.focal = 256 * .85F * 7 / height;
  return camera;
}

PersonImage render(const Identity& identity, float heading, Pose pose = {}) {
  pose.heading = heading;
  const PersonMesh mesh = build_person(identity);
  return render_person(mesh, identity, pose, before(mesh.height), {}, 256, 128, 3);
}

int visible(const PersonImage& image, Part part) { return image.visible[static_cast<size_t>(part)]; }
int total(const PersonImage& image, Part part) { return image.total[static_cast<size_t>(part)]; }
constexpr float kBack = 3.14159265F;

TEST(Camera, ProjectsOntoPixels) {
  Camera camera;
  camera.eye = {0, 1, 5}, camera.target = {0, 1, 0};
  camera.focal = 100, camera.centre_x = 64, camera.centre_y = 128;
  const Mat3 axes = camera_axes(camera);
  const Vec3 centre = project(camera, axes, {0, 1, 0});
  EXPECT_NEAR(centre.x, 64, 1e-4);
  EXPECT_NEAR(centre.y, 128, 1e-4);
  EXPECT_NEAR(centre.z, 5, 1e-5);
  const Vec3 aside =
      project(camera, axes, {1, 2, 0});  // the left of one who faces the camera is on the right
  EXPECT_NEAR(aside.x, 84, 1e-4);
  EXPECT_NEAR(aside.y, 108, 1e-4);
}

TEST(Person, IsAsTallAsItsIdentity) {
  for (const float height : {1.15F, 1.6F, 1.9F}) {
    Identity identity = plain();
    identity.hair = HairStyle::kBald;
    identity.height = height;
    EXPECT_NEAR(build_person(identity).height, height + .02F, .02F);
  }
}

TEST(Person, SameIdentitySamePicture) {
  const PersonImage a = render(plain(), 1), b = render(plain(), 1);
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    ASSERT_EQ(a.rgb[i].x, b.rgb[i].x);
    ASSERT_EQ(a.alpha[i], b.alpha[i]);
    ASSERT_EQ(a.shadow[i], b.shadow[i]);
  }
  EXPECT_EQ(a.visible, b.visible);
}

TEST(Person, FillsThePictureWithFiniteValues) {
  const PersonImage image = render(plain(), .5F);
  double covered = 0;
  for (size_t i = 0; i < image.alpha.size(); ++i) {
    ASSERT_TRUE(std::isfinite(image.rgb[i].x) && std::isfinite(image.rgb[i].y) &&
                std::isfinite(image.rgb[i].z));
    ASSERT_GE(image.rgb[i].x, 0);
    ASSERT_GE(image.alpha[i], 0);
    ASSERT_LE(image.alpha[i], 1);
    ASSERT_EQ(image.alpha[i] > 0, image.depth[i] > 0);
    if (image.alpha[i] > 0) {
      ASSERT_NEAR(image.depth[i], 7, 1.2);
    }
    covered += image.alpha[i];
  }
  EXPECT_GT(covered, .1 * 256 * 128);
  EXPECT_LT(covered, .5 * 256 * 128);
}

TEST(Person, WearsTheColoursOfItsIdentity) {
  const PersonImage image = render(plain(), 0);
  const auto row = [&](double share) { return static_cast<size_t>(share * 256) * 128 + 64; };
  const Vec3 chest = image.rgb[row(.36)];
  EXPECT_GT(chest.x, 4 * chest.y);
  Vec3 legs;
  for (size_t x = 48; x < 80; ++x) legs += image.rgb[row(.7) - 64 + x];
  EXPECT_GT(legs.z, 2 * legs.x);
}

TEST(Person, FaceIsSeenFromTheFrontOnly) {
  EXPECT_GT(visible(render(plain(), 0), Part::kFace), 200);
  EXPECT_LT(visible(render(plain(), kBack), Part::kFace), 20);
}

TEST(Person, BackpackIsSeenFromBehindAndItsStrapsFromTheFront) {
  Identity identity = plain();
  identity.backpack = kGreen;
  const PersonImage front = render(identity, 0), back = render(identity, kBack);
  EXPECT_GT(visible(back, Part::kBackpack), 3000);
  EXPECT_LT(visible(front, Part::kBackpack), 1200);
  EXPECT_GT(visible(front, Part::kBackpack), 100);
  EXPECT_GT(total(front, Part::kBackpack), 2 * visible(front, Part::kBackpack));
  EXPECT_EQ(visible(render(plain(), kBack), Part::kBackpack), 0);
}

TEST(Person, ThingsItCarriesAreInThePicture) {
  Identity identity = plain();
  identity.handbag = kGreen;
  identity.shoulder_bag = kGreen;
  identity.scarf = kGreen;
  identity.mask = kBlue;
  identity.glasses = GlassesType::kSun;
  identity.hat = HatType::kCap;
  const PersonImage image = render(identity, 0);
  for (const Part part :
       {Part::kHandbag, Part::kShoulderBag, Part::kScarf, Part::kMask, Part::kGlasses, Part::kHat})
    EXPECT_GT(visible(image, part), 40) << static_cast<int>(part);
  identity.umbrella = kRed;
  identity.luggage = kBlue;
  const PersonImage other = render(identity, 2);
  EXPECT_GT(visible(other, Part::kUmbrella), 1000);
  EXPECT_GT(visible(other, Part::kLuggage), 500);
}

TEST(Person, WhatIsSeenIsPartOfWhatIsThere) {
  for (int64_t number = 1; number <= 6; ++number) {
    const Identity identity = draw_identity({}, 5, number);
    const PersonImage image = render(identity, static_cast<float>(number));
    for (int part = 0; part < kParts; ++part) EXPECT_GE(image.total[part], image.visible[part]) << part;
    int seen = 0;
    for (const int samples : image.visible) seen += samples;
    double covered = 0;
    for (const float alpha : image.alpha) covered += alpha * 4.;
    EXPECT_NEAR(seen, covered, .5);
  }
}

TEST(Person, OpenJacketShowsWhatIsBelow) {
  Identity identity = plain();
  identity.upper.type = UpperType::kJacket;
  identity.upper.sleeve = Sleeve::kLong;
  EXPECT_EQ(visible(render(identity, 0), Part::kInner), 0);
  identity.upper.is_open = true;
  identity.upper.inner.colour = kGreen;
  EXPECT_GT(visible(render(identity, 0), Part::kInner), 800);
  EXPECT_LT(visible(render(identity, kBack), Part::kInner), 20);
}

TEST(Person, LegsAreSeenBetweenTheFlapsOfAnOpenCoat) {
  Identity identity = plain();
  identity.upper.type = UpperType::kCoat;
  identity.upper.sleeve = Sleeve::kLong;
  identity.upper.hem = .6F;
  const int closed = visible(render(identity, 0), Part::kLower);
  identity.upper.is_open = true;
  EXPECT_GT(visible(render(identity, 0), Part::kLower), closed + 500);
  EXPECT_NEAR(visible(render(identity, kBack), Part::kLower), closed, 400);
}

TEST(Person, CastsItsShadowAwayFromTheSun) {
  const Identity identity = plain();
  const PersonMesh mesh = build_person(identity);
  Lighting light;
  light.sun_direction = normalized(Vec3{1, 1, 0});
  const PersonImage image = render_person(mesh, identity, {}, before(mesh.height), light, 256, 128, 1);
  double left = 0, right = 0;
  for (int y = 0; y < 256; ++y)
    for (int x = 0; x < 128; ++x) (x < 64 ? left : right) += image.shadow[static_cast<size_t>(y) * 128 + x];
  EXPECT_GT(left, 3 * right + 50);
  light.shadow_strength = 0;
  const PersonImage overcast = render_person(mesh, identity, {}, before(mesh.height), light, 256, 128, 1);
  for (const float shadow : overcast.shadow) ASSERT_EQ(shadow, 0);
}

TEST(Trim, DependsOnDetailsAloneAndKeepsLargePiecesInTheColour) {
  Identity identity = plain();
  const Figure figure = make_figure(identity);
  const Vec3 red{.6F, .03F, .03F};
  ClothPlace place;
  place.rest = {0, figure.shoulder_y, .1F};
  int yokes = 0;
  for (uint64_t k = 0; k < 200; ++k) {
    identity.details = k << 9;
    const Vec3 high = Trim(identity).upper(red, place, figure, figure.hip_y, .002F);
    EXPECT_EQ(high.x, Trim(identity).upper(red, place, figure, figure.hip_y, .002F).x);
    EXPECT_NEAR(high.x / high.y, 20, .1);
    yokes += high.x < .5F;
  }
  EXPECT_GT(yokes, 8);
  EXPECT_LT(yokes, 60);
  identity.upper.type = UpperType::kSuit;
  for (uint64_t k = 0; k < 50; ++k) {
    identity.details = k << 9;
    EXPECT_EQ(Trim(identity).upper(red, place, figure, figure.hip_y, .002F).x, red.x);
  }
}

TEST(Posed, StandsOnTheGroundInEveryPhase) {
  const Identity identity = plain();
  const PersonGeometry geometry = make_geometry(identity);
  for (const float phase : {0.F, .2F, .4F, .6F, .8F}) {
    Pose pose;
    pose.phase = phase;
    const PosedPerson posed = pose_person(geometry, identity, pose);
    float lowest = 1, highest = 0;
    for (const Vec3& p : posed.position) lowest = std::min(lowest, p.y), highest = std::max(highest, p.y);
    EXPECT_NEAR(lowest, 0, .004);
    EXPECT_NEAR(highest, identity.height, .1);
  }
}

TEST(Posed, HeadingTurnsAndPositionMoves) {
  const Identity identity = plain();
  const PersonGeometry geometry = make_geometry(identity);
  Pose pose;
  const PosedPerson here = pose_person(geometry, identity, pose);
  pose.heading = kBack / 2;
  pose.position = {3, 0, 1};
  const PosedPerson there = pose_person(geometry, identity, pose);
  for (size_t i = 0; i < here.position.size(); i += 97) {
    const Vec3 p = here.position[i];
    EXPECT_NEAR(there.position[i].x, 3 + p.z, 2e-3);
    EXPECT_NEAR(there.position[i].y, p.y, 2e-3);
    EXPECT_NEAR(there.position[i].z, 1 - p.x, 2e-3);
  }
}

TEST(Posed, SkirtsDoNotTear) {
  Identity identity = plain();
  identity.gender = Gender::kFemale;
  identity.lower.type = LowerType::kSkirt;
  identity.lower.length = .6F;
  identity.lower.flare = .5F;
  const PersonGeometry geometry = make_geometry(identity);
  for (const float phase : {0.F, .25F, .7F}) {
    Pose pose;
    pose.phase = phase;
    const PosedPerson posed = pose_person(geometry, identity, pose);
    for (const Layer& layer : geometry.layers) {
      if (layer.kind != LayerKind::kLower) continue;
      for (int t = layer.first_triangle; t < layer.end_triangle; ++t) {
        const auto& [a, b, c] = geometry.triangle[t];
        for (const auto& [from, to] : {std::pair{a, b}, {b, c}, {c, a}})
          ASSERT_LT(length(posed.position[from] - posed.position[to]), .12F);
      }
    }
  }
}

TEST(Posed, WeightsOfEveryVertexSumToOne) {
  const PersonGeometry geometry = make_geometry(plain());
  ASSERT_EQ(geometry.weights.size(), geometry.position.size());
  for (const SkinWeights& w : geometry.weights)
    ASSERT_NEAR(w.weight[0] + w.weight[1] + w.weight[2] + w.weight[3], 1, 1e-4);
}

TEST(DrawPose, IsPlausibleAndDependsOnTheStreamAlone) {
  Identity identity = plain();
  identity.upper.type = UpperType::kDress;
  int walking = 0;
  for (uint64_t place = 0; place < 200; ++place) {
    RandomStream first(1, "pose", {place}), second(1, "pose", {place});
    const Pose pose = draw_pose(identity, first), again = draw_pose(identity, second);
    EXPECT_EQ(pose.phase, again.phase);
    EXPECT_EQ(pose.heading, 0);
    EXPECT_NE(pose.kind, Pose::Kind::kRun) << "in a dress";
    EXPECT_LT(pose.stride, .35F);
    walking += pose.kind == Pose::Kind::kWalk;
  }
  EXPECT_GT(walking, 120);
}

}  // namespace
}  // namespace dmf::world
