#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dmf/core/random.h"
#include "dmf/world/identity.h"
#include "dmf/world/vec.h"

namespace dmf::world {

/// What a visible sample of a person belongs to.
enum class Part : uint8_t {
  kSkin,  ///< arms, legs, neck, ears …
  kFace,  ///< the front of the head
  kHair,
  kUpper,  ///< T-shirt … coat; the top half of a dress
  kInner,  ///< the shirt under an open jacket, coat or suit
  kLower,  ///< trousers, shorts, skirt; the skirt of a dress
  kShoes,
  kHat,
  kGlasses,
  kMask,
  kScarf,
  kBackpack,
  kHandbag,
  kShoulderBag,
  kLuggage,
  kUmbrella,
  kCount
};
inline constexpr int kParts = static_cast<int>(Part::kCount);

/// What the person is doing. Angles in radians.
struct Pose {
  enum class Kind : uint8_t { kWalk, kStand, kRun };
  /// What a hand does: swings with the step, holds a telephone before the face or at the ear, is in a pocket,
  /// or holds something before the belly.
  enum class Hand : uint8_t { kFree, kPhone, kCall, kPocket, kFront };
  Kind kind = Kind::kWalk;
  float phase = 0;                               ///< of the left leg's cycle, [0, 1): 0 = left heel strikes
  float stride = .28F;                           ///< swing of the thigh
  float arm = .30F;                              ///< swing of the arm
  float elbow = .25F;                            ///< bend of the elbow
  float lean = .03F;                             ///< forward lean of the trunk
  float head_yaw = 0;                            ///< the head turned to the person's left
  float head_pitch = 0;                          ///< the head bowed
  Hand left = Hand::kFree, right = Hand::kFree;  ///< unless it carries something
  float heading = 0;  ///< turn of the whole person about y: 0 faces +z, pi/2 faces +x
  Vec3 position;      ///< on the ground (y = 0)
};

/// A plausible pose for this identity: mostly walking, at any phase; some stand, few run; skirts take short
/// steps, luggage is pulled. Heading and position stay 0.
Pose draw_pose(const Identity& identity, RandomStream& stream);

/// Pinhole camera over the ground plane y = 0. Image x to the right, y down, pixel (0, 0) covers [0, 1) × [0,
/// 1).
struct Camera {
  Vec3 eye{0, 1.6F, 6};
  Vec3 target{0, .9F, 0};
  float focal = 800;    ///< in pixels of the image
  float centre_x = 64;  ///< where the axis meets the image, in pixels
  float centre_y = 128;
  float roll = 0;  ///< radians
};

/// A camera's axes: rows right, down, forward.
Mat3 camera_axes(const Camera& camera);
/// Where a point lies: x and y in pixels, z the distance along the axis in metres (≤ 0 is behind the camera).
Vec3 project(const Camera& camera, const Mat3& axes, Vec3 point);

/// Radiance that falls on the person: linear RGB, 1 = white at exposure 1.
struct Lighting {
  Vec3 sun_direction{.3F, .8F, .5F};  ///< towards the sun or lamp, unit length
  Vec3 sun{.9F, .87F, .8F};
  Vec3 sky{.45F, .48F, .52F};    ///< from above
  Vec3 ground{.22F, .21F, .2F};  ///< from below
  float shadow_strength = 1;     ///< of cast shadows, 0 (overcast) … 1
  float shadow_blur = .02F;      ///< half-width of a shadow's edge a metre from what casts it, in metres
  float wetness = 0;             ///< 0 … 1: darker cloth, brighter gloss
};

struct PersonGeometry;  // person's meshes, skeleton, materials: geometry.h

/// A person in the rest pose: made once an identity, rendered many times. Cheap to copy, immutable, shared by
/// threads.
struct PersonMesh {
  std::shared_ptr<const PersonGeometry> geometry;
  float height = 0;  ///< soles to the top of head, hair and hat, standing straight, in metres
  int vertices = 0;
  int triangles = 0;
};

/// Builds body, hair, clothes and things of `identity` (about 50 ms of one core). The same identity gives the
/// same mesh.
PersonMesh build_person(const Identity& identity);

/// One rendered person; rows from top to bottom.
struct PersonImage {
  int height = 0, width = 0;
  std::vector<Vec3> rgb;     ///< linear, premultiplied by alpha
  std::vector<float> alpha;  ///< coverage, [0, 1]
  std::vector<float> depth;  ///< metres along the axis, mean over covered samples; 0 where nothing is
  std::vector<float>
      shadow;  ///< share of the sun the person keeps from the *ground* seen at this pixel, [0, 1]
  std::vector<float> contact;         ///< share of the sky it keeps from it (under feet and things), [0, 1]
  std::vector<uint32_t> parts;        ///< bit 1 << Part of each part that is seen in the pixel
  std::array<int, kParts> visible{};  ///< samples (4 a pixel) in which each part is seen
  /// Samples it would cover within the image were nothing before it. What is painted on another part (a face,
  /// straps, a mask) counts where it is seen.
  std::array<int, kParts> total{};
};

/// Draws `person` alone: composite as `rgb + (1 - alpha) * background`.
/// @param seed  of what changes from image to image (cloth folds); the identity's own texture is always the
/// same
PersonImage render_person(const PersonMesh& person, const Identity& identity, const Pose& pose,
                          const Camera& camera, const Lighting& lighting, int height, int width,
                          uint64_t seed);

}  // namespace dmf::world
