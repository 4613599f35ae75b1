#pragma once
#include "dmf/world/fabric.h"
#include "dmf/world/figure.h"

namespace dmf::world {

/// What a maker sews onto plain clothes and no attribute tells: a yoke, stripes along sleeves or legs, a
/// small badge. Like faces they tell persons in like clothes apart. It depends on the identity's `details`
/// alone.
class Trim {
 public:
  explicit Trim(const Identity& identity);
  /// The colour of the upper garment at `place` with its trim.
  /// @param hem  height of the garment's hem
  Vec3 upper(Vec3 colour, const ClothPlace& place, const Figure& figure, float hem, float soft) const;
  /// Likewise of trousers and shorts.
  Vec3 lower(Vec3 colour, const ClothPlace& place, float soft) const;

 private:
  enum class Upper : uint8_t { kNone, kYoke, kSleeves, kBadge, kHem };
  Upper upper_ = Upper::kNone;
  bool side_stripe_ = false;
  Vec3 colour_;
};

}  // namespace dmf::world
