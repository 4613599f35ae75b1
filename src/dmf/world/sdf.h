#pragma once
#include <array>
#include <span>

#include "dmf/world/vec.h"

namespace dmf::world {

/// Signed distances (metres, negative inside) from which bodies, clothes and things are made. They are
/// bounds, not exact: near the surface they are right to first order, which is what a mesher needs.

/// Union with a fillet of about `radius` (polynomial smooth minimum).
inline float smooth_min(float a, float b, float radius) {
  const float h = std::max(radius - std::abs(a - b), 0.F) / radius;
  return std::min(a, b) - h * h * radius * .25F;
}
/// Intersection with a rounded edge.
inline float smooth_max(float a, float b, float radius) { return -smooth_min(-a, -b, radius); }

inline float ellipsoid(Vec3 p, Vec3 centre, Vec3 radii) {
  const Vec3 q = p - centre;
  const Vec3 a{q.x / radii.x, q.y / radii.y, q.z / radii.z};
  const Vec3 b{a.x / radii.x, a.y / radii.y, a.z / radii.z};
  const float k = length(a);
  if (k < 1e-3F) return -std::min({radii.x, radii.y, radii.z});
  return k * (k - 1) / length(b);
}

/// Box with half sizes `half` and edges rounded by `radius` (inside the half sizes).
inline float round_box(Vec3 p, Vec3 centre, Vec3 half, float radius) {
  const Vec3 q = p - centre;
  const Vec3 d{std::abs(q.x) - half.x + radius, std::abs(q.y) - half.y + radius,
               std::abs(q.z) - half.z + radius};
  const Vec3 outside{std::max(d.x, 0.F), std::max(d.y, 0.F), std::max(d.z, 0.F)};
  return length(outside) + std::min(std::max({d.x, d.y, d.z}), 0.F) - radius;
}

inline float capsule(Vec3 p, Vec3 from, Vec3 to, float radius) {
  const Vec3 axis = to - from;
  const float t = std::clamp(dot(p - from, axis) / std::max(dot(axis, axis), 1e-9F), 0.F, 1.F);
  return length(p - from - axis * t) - radius;
}

/// Capsule whose radius goes from `a` to `b`.
inline float cone_capsule(Vec3 p, Vec3 from, Vec3 to, float a, float b) {
  const Vec3 axis = to - from;
  const float t = std::clamp(dot(p - from, axis) / std::max(dot(axis, axis), 1e-9F), 0.F, 1.F);
  return length(p - from - axis * t) - mix(a, b, t);
}

/// A value at a place; a curve is a list of them in rising order of place.
struct Knot {
  float place, value;
};
/// Smooth curve through `knots` (cubic Hermite), constant beyond its ends.
float curve(std::span<const Knot> knots, float place);

/// A solid of elliptic cross-sections stacked along y: a trunk, a shirt, a skirt.
struct Loft {
  struct Section {
    float width = .1F;  ///< half, along x
    float front = .1F;  ///< half depth before the centre
    float back = .1F;   ///< and behind it
    float centre = 0;   ///< z of the centre
  };
  static constexpr int kLevels = 64;
  float bottom = 0, top = 1;
  std::array<Section, kLevels> levels{};

  Section at(float y) const;
  float level_y(int level) const { return mix(bottom, top, static_cast<float>(level) / (kLevels - 1)); }
  float distance(Vec3 p) const;
};

/// A solid of round cross-sections along a straight axis: an arm, a sleeve, a leg.
struct Limb {
  static constexpr int kLevels = 48;
  Vec3 from, direction;  ///< unit
  float extent = 1;      ///< metres
  std::array<float, kLevels> radius{};
  std::array<float, kLevels> shift{};  ///< of the centre along z

  /// Metres along the axis, unbounded.
  float along(Vec3 p) const { return dot(p - from, direction); }
  float radius_at(float along) const;
  /// Flat at `cut` metres along the axis, rounded at its beginning.
  float distance(Vec3 p, float cut) const;
};

}  // namespace dmf::world
