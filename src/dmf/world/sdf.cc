#include "dmf/world/sdf.h"

namespace dmf::world {

float curve(std::span<const Knot> knots, float place) {
  if (place <= knots.front().place) return knots.front().value;
  if (place >= knots.back().place) return knots.back().value;
  size_t i = 0;
  while (knots[i + 1].place < place) ++i;
  const auto slope = [&](size_t k) {
    const size_t low = k > 0 ? k - 1 : 0, high = std::min(k + 1, knots.size() - 1);
    return (knots[high].value - knots[low].value) / (knots[high].place - knots[low].place);
  };
  const float span = knots[i + 1].place - knots[i].place, t = (place - knots[i].place) / span;
  const float t2 = t * t, t3 = t2 * t;
  return (2 * t3 - 3 * t2 + 1) * knots[i].value + (t3 - 2 * t2 + t) * span * slope(i) +
         (3 * t2 - 2 * t3) * knots[i + 1].value + (t3 - t2) * span * slope(i + 1);
}

Loft::Section Loft::at(float y) const {
  const float place = std::clamp((y - bottom) / (top - bottom), 0.F, 1.F) * (kLevels - 1);
  const int i = std::min(static_cast<int>(place), kLevels - 2);
  const float t = place - static_cast<float>(i);
  const Section &a = levels[i], &b = levels[i + 1];
  return {mix(a.width, b.width, t), mix(a.front, b.front, t), mix(a.back, b.back, t),
          mix(a.centre, b.centre, t)};
}

float Loft::distance(Vec3 p) const {
  const Section s = at(p.y);
  const float z = p.z - s.centre, depth = z > 0 ? s.front : s.back;
  const float ax = p.x / s.width, az = z / depth;
  const float k = std::sqrt(ax * ax + az * az);
  const float bx = ax / s.width, bz = az / depth;
  const float side = k < 1e-3F ? -std::min(s.width, depth) : k * (k - 1) / std::sqrt(bx * bx + bz * bz);
  const float end = std::max(bottom - p.y, p.y - top);
  return side > 0 && end > 0 ? std::sqrt(side * side + end * end) : std::max(side, end);
}

float Limb::radius_at(float along) const {
  const float place = std::clamp(along / extent, 0.F, 1.F) * (kLevels - 1);
  const int i = std::min(static_cast<int>(place), kLevels - 2);
  return mix(radius[i], radius[i + 1], place - static_cast<float>(i));
}

float Limb::distance(Vec3 p, float cut) const {
  const float s = along(p), place = std::clamp(s / extent, 0.F, 1.F) * (kLevels - 1);
  const int i = std::min(static_cast<int>(place), kLevels - 2);
  const float t = place - static_cast<float>(i);
  Vec3 centre = from + direction * std::clamp(s, 0.F, extent);
  centre.z += mix(shift[i], shift[i + 1], t);
  const float side = length(p - centre) - mix(radius[i], radius[i + 1], t);
  const float end = s - cut;
  return side > 0 && end > 0 ? std::sqrt(side * side + end * end) : std::max(side, end);
}

}  // namespace dmf::world
