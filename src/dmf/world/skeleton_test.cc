#include "dmf/world/skeleton.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dmf/world/outfit.h"

namespace dmf::world {
namespace {

const Transform& at(const Skeleton& skeleton, Bone bone) { return skeleton[static_cast<size_t>(bone)]; }

float angle_between(Vec3 a, Vec3 b) { return std::acos(dot(normalized(a), normalized(b))); }

TEST(Figure, HasHumanProportions) {
  Identity identity;
  for (const Gender gender : {Gender::kMale, Gender::kFemale}) {
    identity.gender = gender;
    const Figure f = make_figure(identity);
    EXPECT_NEAR(f.height / f.head, 7.5F, .3F);
    EXPECT_NEAR(f.hip_y / f.height, .53F, .03F);
    EXPECT_NEAR(f.knee.y / f.height, .29F, .03F);
    EXPECT_NEAR((f.upper_arm + f.forearm) / f.height, .315F, .02F);
  }
  identity.gender = Gender::kMale;
  const Figure man = make_figure(identity);
  identity.gender = Gender::kFemale;
  const Figure woman = make_figure(identity);
  EXPECT_GT(man.shoulder.x, 1.05F * woman.shoulder.x);
  EXPECT_GT(woman.trunk.at(woman.hip_y).width, man.trunk.at(man.hip_y).width);
  EXPECT_LT(woman.trunk.at(woman.waist).width, man.trunk.at(man.waist).width);
  identity.age = AgeGroup::kChild;
  identity.height = 1.15F;
  const Figure child = make_figure(identity);
  EXPECT_LT(child.height / child.head, 6);
}

TEST(Figure, HeavyBuildsAreWider) {
  Identity identity;
  identity.build = -1;
  const Figure slim = make_figure(identity);
  identity.build = 1;
  const Figure heavy = make_figure(identity);
  EXPECT_GT(heavy.trunk.at(heavy.waist).width, 1.3F * slim.trunk.at(slim.waist).width);
  EXPECT_GT(heavy.leg.radius_at(.1F), 1.2F * slim.leg.radius_at(.1F));
}

TEST(Skeleton, BonesOnlyTurnAndHangTogether) {
  const Identity identity;
  const Figure f = make_figure(identity);
  for (const Pose::Kind kind : {Pose::Kind::kWalk, Pose::Kind::kStand, Pose::Kind::kRun})
    for (const float phase : {0.F, .3F, .7F}) {
      Pose pose;
      pose.kind = kind;
      pose.phase = phase;
      pose.heading = 2;
      const Skeleton skeleton = pose_skeleton(f, identity, pose);
      for (int b = 0; b <= static_cast<int>(Bone::kToesRight); ++b) {
        const Mat3 product = skeleton[b].rotation * transposed(skeleton[b].rotation);
        for (int r = 0; r < 3; ++r) {
          EXPECT_NEAR(product.row[r].x, r == 0, 1e-4) << b;
          EXPECT_NEAR(product.row[r].y, r == 1, 1e-4) << b;
          EXPECT_NEAR(product.row[r].z, r == 2, 1e-4) << b;
        }
      }
      EXPECT_LT(
          length(at(skeleton, Bone::kUpperArmLeft)(f.elbow) - at(skeleton, Bone::kForearmLeft)(f.elbow)),
          1e-4);
      EXPECT_LT(length(at(skeleton, Bone::kThighLeft)(f.knee) - at(skeleton, Bone::kShinLeft)(f.knee)), 1e-4);
      EXPECT_LT(length(at(skeleton, Bone::kShinLeft)(f.ankle) - at(skeleton, Bone::kFootLeft)(f.ankle)),
                1e-4);
    }
}

TEST(Skeleton, LegsGoOppositeWaysAndArmsAgainstThem) {
  const Identity identity;
  const Figure f = make_figure(identity);
  Pose pose;  // phase 0: the left heel strikes, so the left leg is in front
  const Skeleton skeleton = pose_skeleton(f, identity, pose);
  const Vec3 left = at(skeleton, Bone::kShinLeft)(f.ankle);
  const Vec3 right = at(skeleton, Bone::kShinRight)({-f.ankle.x, f.ankle.y, f.ankle.z});
  EXPECT_GT(left.z, right.z + .3F);
  const Vec3 left_hand = at(skeleton, Bone::kForearmLeft)(f.wrist);
  const Vec3 right_hand = at(skeleton, Bone::kForearmRight)({-f.wrist.x, f.wrist.y, f.wrist.z});
  EXPECT_GT(right_hand.z, left_hand.z + .1F);
}

TEST(Skeleton, HandsDoWhatThePoseSays) {
  const Identity identity;
  const Figure f = make_figure(identity);
  const auto hand = [&](Pose::Hand what) {
    Pose pose;
    pose.kind = Pose::Kind::kStand;
    pose.stride = 0;
    pose.left = what;
    return at(pose_skeleton(f, identity, pose), Bone::kForearmLeft)(f.wrist);
  };
  EXPECT_LT(hand(Pose::Hand::kFree).y, f.hip_y + .1F);
  EXPECT_GT(hand(Pose::Hand::kPhone).y, f.waist);
  EXPECT_GT(hand(Pose::Hand::kPhone).z, .15F);
  EXPECT_GT(hand(Pose::Hand::kCall).y, f.shoulder_y - .05F);
  EXPECT_NEAR(hand(Pose::Hand::kPocket).y, f.hip_y, .16F);
  EXPECT_LT(std::abs(hand(Pose::Hand::kFront).x), f.shoulder.x);
}

TEST(Skeleton, ThingsHangAndStandUpright) {
  Identity identity;
  identity.handbag = Colour{};
  identity.luggage = Colour{};
  const Figure f = make_figure(identity);
  const Pose pose;
  Skeleton skeleton = pose_skeleton(f, identity, pose);
  attach_things(f, identity, pose, skeleton);
  const Vec3 up{0, 1, 0};
  EXPECT_NEAR(angle_between(at(skeleton, Bone::kHandbag).rotation * up, up), 0, 1e-3);
  const Vec3 wheels = at(skeleton, Bone::kLuggage)({0, -kLuggageHandle, 0});
  EXPECT_NEAR(wheels.y, 0, .01);
  EXPECT_GT(at(skeleton, Bone::kHandbag).offset.x, 0);  // the right hand has the suitcase
}

TEST(Outfit, ShirtsLieOverTrousers) {
  for (int64_t number = 1; number <= 12; ++number) {
    const Identity identity = draw_identity({}, 9, number);
    const Figure f = make_figure(identity);
    const Outfit o = make_outfit(identity, f);
    if (!o.has_lower) continue;
    const float low = std::max(o.upper_hem, o.lower_hem) + .01F;
    for (float y = low; y < o.lower.top - .03F; y += .02F)
      for (float angle = 0; angle < 6.2F; angle += .2F)
        for (float radius = .02F; radius < .4F; radius += .01F) {
          const Vec3 p{radius * std::sin(angle), y, radius * std::cos(angle)};
          if (lower_distance(f, o, p) > 0) break;
          ASSERT_LT(upper_distance(f, o, p), 0) << number << " at " << p.x << " " << p.y << " " << p.z;
        }
  }
}

TEST(Outfit, SomeTuckTheirShirtsIn) {
  Identity identity;
  identity.upper.type = UpperType::kShirt;
  const Figure f = make_figure(identity);
  int tucked = 0;
  for (uint64_t habit = 0; habit < 8; ++habit) {
    identity.details = habit << 20;
    identity.upper.type = UpperType::kShirt;
    const Outfit shirt = make_outfit(identity, f);
    tucked += shirt.is_tucked;
    EXPECT_EQ(shirt.upper_hem > f.hip_y + .05F, shirt.is_tucked);
    identity.upper.type = UpperType::kJacket;
    EXPECT_FALSE(make_outfit(identity, f).is_tucked);
  }
  EXPECT_EQ(tucked, 3);
}

TEST(Outfit, HemsAreWhereTheIdentityHasThem) {
  Identity identity;
  identity.upper.type = UpperType::kDress;
  identity.upper.hem = .6F;
  const Figure f = make_figure(identity);
  const Outfit o = make_outfit(identity, f);
  EXPECT_NEAR(o.upper_hem, mix(f.hip.y, f.ankle.y, .6F), 1e-5);
  EXPECT_TRUE(o.has_tail);
  EXPECT_FALSE(o.has_lower);
  EXPECT_GT(upper_distance(f, o, {0, o.upper_hem - .05F, 0}), 0);
  EXPECT_LT(upper_distance(f, o, {0, o.upper_hem + .05F, 0}), 0);
}

}  // namespace
}  // namespace dmf::world
