#pragma once
#include "dmf/world/identity.h"
#include "dmf/world/vec.h"

namespace dmf::world {

/// What a surface sends back.
struct Paint {
  Vec3 colour;      ///< linear albedo
  float gloss = 0;  ///< strength of the highlight, 0 … 1
  Vec3 folds = {};  ///< how it rises above the mesh in each direction of the rest pose: the slope of folds
};

inline Vec3 linear_colour(const Colour& colour) {
  const Colour c = linear_from_srgb(colour);
  return {c.red, c.green, c.blue};
}

/// Where a point lies on the cloth, in metres.
struct ClothPlace {
  float across = 0;  ///< around body or limb; 0 is the middle of the front
  float along = 0;   ///< up the body, or along the limb
  Vec3 rest;         ///< in the rest pose
  bool is_limb = false;
};

/// A fabric ready to paint: colours are linear.
class FabricPaint {
 public:
  FabricPaint(const Fabric& fabric, uint64_t details);
  /// @param footprint  edge of a sample on the cloth in metres: finer patterns melt into their mean
  Paint at(const ClothPlace& place, float footprint) const;
  /// How strongly the cloth folds, about 1.
  float folds() const;

 private:
  Vec3 pattern(const ClothPlace& place, float footprint) const;

  Material material_;
  Pattern pattern_;
  Vec3 colour_, second_;
  float scale_, share_;
  uint32_t seed_;
};

/// 1 on a line of half-width `half` where `distance` is 0, its edges `soft` wide: seams, zips, edges.
inline float line(float distance, float half, float soft) {
  return smoothstep(half + soft, std::max(0.F, half - soft), std::abs(distance));
}

/// The slope of deeply folded cloth at a point of the rest pose: how its height above the mesh changes in
/// each direction.
Vec3 fold_slope(Vec3 rest, uint32_t seed);

}  // namespace dmf::world
