#include "dmf/world/skeleton.h"

namespace dmf::world {
namespace {

constexpr float kDegree = 3.14159265F / 180;

Bone side_bone(Bone left, bool right) { return static_cast<Bone>(static_cast<int>(left) + (right ? 1 : 0)); }

// Sums weights by bone and keeps the four largest.
class WeightSum {
 public:
  void add(Bone bone, float weight) { sum_[static_cast<size_t>(bone)] += weight; }
  SkinWeights best() const {
    SkinWeights result;
    result.weight = {0, 0, 0, 0};
    for (int b = 0; b < kBones; ++b) {
      float weight = sum_[static_cast<size_t>(b)];
      auto bone = static_cast<uint8_t>(b);
      for (int k = 0; k < 4; ++k)
        if (weight > result.weight[k]) {
          std::swap(weight, result.weight[k]);
          std::swap(bone, result.bone[k]);
        }
    }
    const float total = result.weight[0] + result.weight[1] + result.weight[2] + result.weight[3];
    for (float& w : result.weight) w /= total;
    return result;
  }

 private:
  std::array<float, kBones> sum_{};
};

void add_arm(const Figure& f, Vec3 p, float share, bool right, WeightSum& sum) {
  const float s = f.arm.along({std::abs(p.x), p.y, p.z}), soft = .03F * f.height;
  const float fore = smoothstep(f.upper_arm - soft, f.upper_arm + soft, s);
  const float hand = smoothstep(f.arm.extent - soft, f.arm.extent + .4F * soft, s);
  sum.add(side_bone(Bone::kUpperArmLeft, right), share * (1 - fore));
  sum.add(side_bone(Bone::kForearmLeft, right), share * fore * (1 - hand));
  sum.add(side_bone(Bone::kHandLeft, right), share * fore * hand);
}

void add_leg(const Figure& f, Vec3 p, float share, bool right, WeightSum& sum) {
  const float h = f.height, s = f.leg.along({std::abs(p.x), p.y, p.z});
  const float shin = smoothstep(f.thigh - .045F * h, f.thigh + .045F * h, s);
  const float foot = smoothstep(f.leg.extent - .025F * h, f.leg.extent + .015F * h, s + std::max(0.F, p.z));
  const float toes = smoothstep(.045F * h, .075F * h, p.z) * foot;
  sum.add(side_bone(Bone::kThighLeft, right), share * (1 - shin));
  sum.add(side_bone(Bone::kShinLeft, right), share * shin * (1 - foot));
  sum.add(side_bone(Bone::kFootLeft, right), share * shin * foot * (1 - toes));
  sum.add(side_bone(Bone::kToesLeft, right), share * shin * foot * toes);
}

void add_trunk(const Figure& f, Vec3 p, float share, WeightSum& sum) {
  const float h = f.height, t = (p.y - f.hip_y) / (f.shoulder_y - f.hip_y);
  const float above_pelvis = smoothstep(.02F, .38F, t), chest = smoothstep(.3F, .68F, t);
  const float neck = smoothstep(f.shoulder_y + .01F * h, f.shoulder_y + .05F * h, p.y);
  const float head = smoothstep(f.chin - .02F, f.chin + .03F, p.y);
  sum.add(Bone::kPelvis, share * (1 - above_pelvis));
  sum.add(Bone::kSpine, share * above_pelvis * (1 - chest));
  sum.add(Bone::kChest, share * above_pelvis * chest * (1 - neck));
  sum.add(Bone::kNeck, share * neck * (1 - head));
  sum.add(Bone::kHead, share * neck * head);
}

// The smallest rotation that takes unit vector `a` to unit vector `b`.
Mat3 align(Vec3 a, Vec3 b) {
  const Vec3 v = cross(a, b);
  const float k = 1 / std::max(1 + dot(a, b), 1e-4F);
  return {{{1 - k * (v.y * v.y + v.z * v.z), k * v.x * v.y - v.z, k * v.x * v.z + v.y},
           {k * v.x * v.y + v.z, 1 - k * (v.x * v.x + v.z * v.z), k * v.y * v.z - v.x},
           {k * v.x * v.z - v.y, k * v.y * v.z + v.x, 1 - k * (v.x * v.x + v.y * v.y)}}};
}

Vec3 mirrored(Vec3 p, bool right) { return {right ? -p.x : p.x, p.y, p.z}; }
float bump(float x, float centre, float width) {
  const float t = (x - centre) / width;
  return std::exp(-t * t);
}

enum class ArmTask : uint8_t { kSwing, kBag, kLuggage, kUmbrella, kPhone, kCall, kPocket, kFront };

// Angles of an arm in radians: the upper arm forwards, the elbow, away from the body; and how far the forearm
// points to the middle.
struct ArmShape {
  float swing, elbow, aside, inwards;
};

ArmTask arm_task(const Identity& identity, const Pose& pose, bool right) {
  const bool main_hand = right != identity.is_left_handed;
  if (main_hand && identity.umbrella) return ArmTask::kUmbrella;
  if (main_hand && identity.luggage) return ArmTask::kLuggage;
  if (identity.handbag && main_hand != (identity.umbrella || identity.luggage)) return ArmTask::kBag;
  switch (right ? pose.right : pose.left) {
    case Pose::Hand::kFree:
      return ArmTask::kSwing;
    case Pose::Hand::kPhone:
      return ArmTask::kPhone;
    case Pose::Hand::kCall:
      return ArmTask::kCall;
    case Pose::Hand::kPocket:
      return ArmTask::kPocket;
    case Pose::Hand::kFront:
      return ArmTask::kFront;
  }
  return ArmTask::kSwing;
}

class Poser {
 public:
  Poser(const Figure& figure, const Identity& identity, const Pose& pose)
      : f_(figure), identity_(identity), pose_(pose) {}

  Skeleton run() {
    const float c = std::cos(2 * 180 * kDegree * pose_.phase),
                strength = std::min(1.F, pose_.stride / (15 * kDegree));
    const float lean = pose_.lean + identity_.gait.stoop;
    const Mat3 heading = rotation_y(pose_.heading);
    pelvis_ = heading * rotation_y(strength * 5 * kDegree * c) *
              rotation_z((1 + strength) * 1.6F * kDegree * std::sin(2 * 180 * kDegree * pose_.phase));
    const Mat3 chest = heading * rotation_x(lean) * rotation_y(-strength * 6 * kDegree * c);
    const Vec3 low{0, f_.hip_y + .02F, 0}, middle{0, mix(f_.hip_y, f_.shoulder_y, .2F), 0};
    const Vec3 high{0, mix(f_.hip_y, f_.shoulder_y, .5F), 0};
    const Vec3 neck{0, f_.shoulder_y + .02F * f_.height, -.012F * f_.height},
        head{0, f_.chin + .02F, f_.head_z - .03F};
    const Vec3 root = pose_.position + Vec3{0, low.y, 0};
    set(Bone::kPelvis, pelvis_, low, root);
    child(Bone::kSpine, Bone::kPelvis, heading * rotation_x(lean * .5F), middle);
    child(Bone::kChest, Bone::kSpine, chest, high);
    const Mat3 turn =
        heading * rotation_x(lean * .4F + pose_.head_pitch * .5F) * rotation_y(pose_.head_yaw * .5F);
    child(Bone::kNeck, Bone::kChest, turn, neck);
    child(Bone::kHead, Bone::kNeck,
          heading * rotation_y(pose_.head_yaw) * rotation_x(pose_.head_pitch + lean * .3F), head);
    for (const bool right : {false, true}) {
      move_leg(right, right ? std::fmod(pose_.phase + .5F, 1.F) : pose_.phase);
      move_arm(right, chest, right ? -c : c);
    }
    return skeleton_;
  }

 private:
  void set(Bone bone, const Mat3& rotation, Vec3 joint, Vec3 posed) {
    skeleton_[static_cast<size_t>(bone)] = {rotation, posed - rotation * joint};
  }
  void child(Bone bone, Bone parent, const Mat3& rotation, Vec3 joint) {
    set(bone, rotation, joint, skeleton_[static_cast<size_t>(parent)](joint));
  }

  // `cycle`: 0 the heel strikes, about 0.6 the toes leave the ground.
  void move_leg(bool right, float cycle) {
    const float sign = right ? -1.F : 1.F, degree = 1 / kDegree;
    const bool run = pose_.kind == Pose::Kind::kRun;
    const float strength = std::min(1.F, pose_.stride / (15 * kDegree));
    const float stride = pose_.stride * degree;
    // One who stands rests on one leg and bends the other.
    const float resting = (1 - strength) * 17 * std::max(0.F, std::sin(2 * 180 * kDegree * cycle));
    const float hip =
        stride * std::cos(2 * 180 * kDegree * cycle) + (run ? 14.F : 7.F) * strength + .5F * resting;
    const float knee =
        3 + 3 * strength + resting +
        strength * (12 * bump(cycle, .12F, .08F) + (run ? 95.F : 58.F) * bump(cycle, .73F, .13F));
    float ankle = -12 * bump(cycle, .03F, .07F) - 12 * bump(cycle, 1, .06F) + 38 * bump(cycle, .62F, .09F) +
                  12 * bump(cycle, .75F, .1F);
    ankle *= strength;
    const float shin = hip - knee;
    const float spread = (.035F + .05F * (1 - strength)) * identity_.gait.breadth * sign;
    const auto direction = [&](float angle, float aside) {
      return normalized({aside, -std::cos(angle * kDegree), std::sin(angle * kDegree)});
    };
    const Mat3 thigh = pelvis_ * align(mirrored(f_.leg.direction, right), direction(hip, spread));
    const Mat3 lower = pelvis_ * align(mirrored(f_.leg.direction, right), direction(shin, spread * .5F));
    // In the air the foot follows the shin; on the ground it lies flat.
    const float follow = cycle > .62F || cycle < .04F ? shin * .75F * strength : 0;
    const Mat3 out = pelvis_ * rotation_y(sign * 6 * kDegree);
    const float toes = (ankle > 25 ? ankle - 25 : std::min(ankle, 0.F)) - follow;
    child(side_bone(Bone::kThighLeft, right), Bone::kPelvis, thigh, mirrored(f_.hip, right));
    child(side_bone(Bone::kShinLeft, right), side_bone(Bone::kThighLeft, right), lower,
          mirrored(f_.knee, right));
    child(side_bone(Bone::kFootLeft, right), side_bone(Bone::kShinLeft, right),
          out * rotation_x((ankle - follow) * kDegree), mirrored(f_.ankle, right));
    const Vec3 ball{f_.ankle.x, f_.sole + .01F, .06F * f_.height};
    child(side_bone(Bone::kToesLeft, right), side_bone(Bone::kFootLeft, right),
          out * rotation_x(toes * kDegree), mirrored(ball, right));
  }

  void move_arm(bool right, const Mat3& chest, float c) {
    const float sign = right ? -1.F : 1.F;
    const bool run = pose_.kind == Pose::Kind::kRun;
    float swing = -pose_.arm * c, elbow = pose_.elbow + .5F * std::max(0.F, swing);
    float aside = (9 + 5 * std::max(identity_.build, 0.F)) * kDegree * identity_.gait.breadth;
    if (run) elbow = 80 * kDegree + .3F * swing, swing *= 1.2F;
    ArmShape arm{swing, elbow, aside, .1F};
    switch (arm_task(identity_, pose_, right)) {
      case ArmTask::kSwing:
        break;
      case ArmTask::kBag:
        arm = {.25F * swing, .1F, aside + .05F, 0};
        break;
      case ArmTask::kLuggage:
        arm = {-.35F, .12F, aside + .12F, 0};
        break;
      case ArmTask::kUmbrella:
        arm = {.35F, 1.9F, .12F, .5F};
        break;
      case ArmTask::kPhone:
        arm = {.45F, 1.65F, .12F, .45F};
        break;
      case ArmTask::kCall:
        arm = {.55F, 2.2F, .3F, .35F};
        break;
      case ArmTask::kPocket:
        arm = {.2F * swing - .22F, .62F, aside + .12F, .22F};
        break;
      case ArmTask::kFront:
        arm = {.15F * swing + .12F, 1.15F, .14F, .75F};
        break;
    }
    if (identity_.shoulder_bag && right == identity_.is_left_handed) arm.aside += .08F;
    const auto direction = [&](float angle, float out) {
      return rotation_z(sign * out) * rotation_x(-angle) * Vec3{0, -1, 0};
    };
    const Vec3 rest = mirrored(f_.arm.direction, right);
    Vec3 fore = direction(arm.swing + arm.elbow, arm.aside * .6F);
    fore.x -= sign * arm.inwards;
    const Mat3 upper = chest * align(rest, direction(arm.swing, arm.aside)),
               lower = chest * align(rest, normalized(fore));
    child(side_bone(Bone::kUpperArmLeft, right), Bone::kChest, upper, mirrored(f_.shoulder, right));
    child(side_bone(Bone::kForearmLeft, right), side_bone(Bone::kUpperArmLeft, right), lower,
          mirrored(f_.elbow, right));
    child(side_bone(Bone::kHandLeft, right), side_bone(Bone::kForearmLeft, right), lower,
          mirrored(f_.wrist, right));
  }

  const Figure& f_;
  const Identity& identity_;
  const Pose& pose_;
  Mat3 pelvis_;
  Skeleton skeleton_;
};

}  // namespace

SkinWeights body_weights(const Figure& figure, Vec3 p) {
  WeightSum sum;
  const float h = figure.height;
  const float arm = arm_share(figure, p);
  if (arm > 0) add_arm(figure, p, arm, p.x < 0, sum);
  const float leg = (1 - arm) * smoothstep(figure.hip_y + .05F * h, figure.hip_y - .05F * h, p.y);
  const float left = smoothstep(-.015F * h, .015F * h, p.x);
  if (leg * left > 0) add_leg(figure, p, leg * left, false, sum);
  if (leg * (1 - left) > 0) add_leg(figure, p, leg * (1 - left), true, sum);
  const float trunk = 1 - arm - leg;
  if (trunk > 0) add_trunk(figure, p, trunk, sum);
  return sum.best();
}

SkinWeights rigid_weights(Bone bone) {
  SkinWeights weights;
  weights.bone[0] = static_cast<uint8_t>(bone);
  return weights;
}

SkinWeights hair_weights(const Figure& figure, Vec3 p) {
  WeightSum sum;
  const float head = smoothstep(figure.shoulder_y - .06F, figure.chin + .02F, p.y);
  sum.add(Bone::kHead, head);
  sum.add(Bone::kChest, 1 - head);
  return sum.best();
}

Skeleton pose_skeleton(const Figure& figure, const Identity& identity, const Pose& pose) {
  return Poser(figure, identity, pose).run();
}

void attach_things(const Figure& figure, const Identity& identity, const Pose& pose, Skeleton& skeleton) {
  const Mat3 heading = rotation_y(pose.heading);
  const bool main_right = !identity.is_left_handed;
  const bool bag_right = identity.umbrella || identity.luggage ? !main_right : main_right;
  const auto grip = [&](bool right) {
    const Vec3 rest = figure.wrist + figure.arm.direction * (.05F * figure.height);
    return skeleton[static_cast<size_t>(side_bone(Bone::kHandLeft, right))](mirrored(rest, right));
  };
  skeleton[static_cast<size_t>(Bone::kHandbag)] = {heading, grip(bag_right)};
  Vec3 hand = grip(main_right);
  const float aside = main_right ? -1.F : 1.F;
  skeleton[static_cast<size_t>(Bone::kUmbrella)] = {heading * rotation_x(-.3F) * rotation_z(aside * .16F),
                                                    hand};
  const float reach = std::min(hand.y / kLuggageHandle, 1.F);
  hand.y = std::min(hand.y, kLuggageHandle);
  skeleton[static_cast<size_t>(Bone::kLuggage)] = {heading * rotation_x(std::acos(reach)), hand};
}

}  // namespace dmf::world
