#include "dmf/world/person.h"

namespace dmf::world {
namespace {

void draw_hands(Pose& pose, RandomStream& stream) {
  using Hand = Pose::Hand;
  const double what = stream.uniform();
  const bool other = stream.chance(.5);
  Hand &one = stream.chance(.6) ? pose.right : pose.left,
       &both = &one == &pose.right ? pose.left : pose.right;
  if (pose.kind == Pose::Kind::kRun) return;
  if (what < .07)
    one = Hand::kPhone;
  else if (what < .10)
    one = Hand::kCall;
  else if (what < .18)
    one = Hand::kPocket;
  else if (what < .24)
    one = Hand::kFront;
  if (other && (one == Hand::kPocket || one == Hand::kFront)) both = one;
}

}  // namespace

Pose draw_pose(const Identity& identity, RandomStream& stream) {
  const auto draw = [&](double low, double high) { return static_cast<float>(stream.uniform(low, high)); };
  constexpr float kDegree = 3.14159265F / 180;
  Pose pose;
  const double kind = stream.uniform();
  const bool in_skirt = identity.lower.type == LowerType::kSkirt || identity.upper.type == UpperType::kDress;
  const bool carries = identity.umbrella || identity.luggage || identity.handbag;
  const bool may_run = !in_skirt && !carries && identity.age != AgeGroup::kOld;
  pose.kind = kind < .78 || (kind > .96 && !may_run) ? Pose::Kind::kWalk
              : kind > .96                           ? Pose::Kind::kRun
                                                     : Pose::Kind::kStand;
  pose.phase = draw(0, 1);
  pose.head_yaw = static_cast<float>(stream.normal()) * 12 * kDegree;
  pose.head_pitch = static_cast<float>(stream.normal()) * 5 * kDegree + 2 * kDegree;
  draw_hands(pose, stream);
  switch (pose.kind) {
    case Pose::Kind::kWalk:
      pose.stride = draw(12, 21) * kDegree;
      pose.arm = draw(10, 26) * kDegree;
      pose.elbow = draw(8, 28) * kDegree;
      pose.lean = draw(0, 5) * kDegree;
      break;
    case Pose::Kind::kRun:
      pose.stride = draw(22, 30) * kDegree;
      pose.arm = draw(25, 40) * kDegree;
      pose.elbow = 80 * kDegree;
      pose.lean = draw(6, 12) * kDegree;
      break;
    case Pose::Kind::kStand:
      pose.stride = draw(0, 4) * kDegree;
      pose.arm = draw(0, 10) * kDegree;
      pose.elbow = draw(5, 40) * kDegree;
      pose.lean = draw(-1, 3) * kDegree;
      break;
  }
  pose.stride *= identity.gait.stride * (in_skirt ? .7F : 1.F) * (identity.age == AgeGroup::kOld ? .8F : 1.F);
  pose.stride = std::min(pose.stride, (pose.kind == Pose::Kind::kRun ? 34 : 23) * kDegree);
  pose.arm *= identity.gait.swing;
  if (pose.right == Pose::Hand::kPhone || pose.left == Pose::Hand::kPhone) pose.head_pitch += 18 * kDegree;
  return pose;
}

}  // namespace dmf::world
