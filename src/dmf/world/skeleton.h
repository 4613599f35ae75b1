#pragma once
#include <array>

#include "dmf/world/figure.h"
#include "dmf/world/person.h"

namespace dmf::world {

/// Bones; left ones at even distance before right ones. The last three carry things that hang or stand
/// upright.
enum class Bone : uint8_t {
  kPelvis,
  kSpine,
  kChest,
  kNeck,
  kHead,
  kUpperArmLeft,
  kUpperArmRight,
  kForearmLeft,
  kForearmRight,
  kHandLeft,
  kHandRight,
  kThighLeft,
  kThighRight,
  kShinLeft,
  kShinRight,
  kFootLeft,
  kFootRight,
  kToesLeft,
  kToesRight,
  kHandbag,
  kLuggage,
  kUmbrella,
  kCount
};
inline constexpr int kBones = static_cast<int>(Bone::kCount);

/// Rest to posed: x' = rotation x + offset.
struct Transform {
  Mat3 rotation;
  Vec3 offset;
  Vec3 operator()(Vec3 p) const { return rotation * p + offset; }
};
using Skeleton = std::array<Transform, kBones>;

/// The up to four bones that move a vertex; weights sum to 1.
struct SkinWeights {
  std::array<uint8_t, 4> bone{};
  std::array<float, 4> weight{1, 0, 0, 0};
};

/// Weights of a point on the body, or on what is worn close to it.
SkinWeights body_weights(const Figure& figure, Vec3 p);
SkinWeights rigid_weights(Bone bone);
/// Between the head and the chest: hair that hangs, by height.
SkinWeights hair_weights(const Figure& figure, Vec3 p);

/// Bones in the given pose, still at the height of the rest pose; soles are put on the ground by the caller.
/// Things that are carried decide what their arm does.
Skeleton pose_skeleton(const Figure& figure, const Identity& identity, const Pose& pose);

/// Puts the bones of handbag, luggage and umbrella into the posed hands; call after the person stands on the
/// ground.
void attach_things(const Figure& figure, const Identity& identity, const Pose& pose, Skeleton& skeleton);

/// Height of a suitcase's handle above the ground, when it stands (metres).
inline constexpr float kLuggageHandle = .98F;

}  // namespace dmf::world
