#pragma once
#include <cstdint>

#include "dmf/world/vec.h"

namespace dmf::world {

/// A number in [0, 1) for each lattice point and seed.
inline float lattice_noise(int x, int y, int z, uint32_t seed) {
  uint32_t h = seed + static_cast<uint32_t>(x) * 0x8DA6B343U + static_cast<uint32_t>(y) * 0xD8163841U +
               static_cast<uint32_t>(z) * 0xCB1AB31FU;
  h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
  h = (h ^ (h >> 12)) * 0x297A2D39U;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * (1.F / 16777216.F);
}

/// Smooth noise with features about 1 wide, in [0, 1) with mean one half.
inline float value_noise(Vec3 p, uint32_t seed) {
  const float fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
  const int x = static_cast<int>(fx), y = static_cast<int>(fy), z = static_cast<int>(fz);
  const auto fade = [](float t) { return t * t * (3 - 2 * t); };
  const float tx = fade(p.x - fx), ty = fade(p.y - fy), tz = fade(p.z - fz);
  const auto row = [&](int dy, int dz) {
    return mix(lattice_noise(x, y + dy, z + dz, seed), lattice_noise(x + 1, y + dy, z + dz, seed), tx);
  };
  return mix(mix(row(0, 0), row(1, 0), ty), mix(row(0, 1), row(1, 1), ty), tz);
}

/// `value_noise` and its gradient.
struct NoiseSlope {
  float value;
  Vec3 slope;
};
inline NoiseSlope value_noise_slope(Vec3 p, uint32_t seed) {
  const float fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
  const int x = static_cast<int>(fx), y = static_cast<int>(fy), z = static_cast<int>(fz);
  const Vec3 t{p.x - fx, p.y - fy, p.z - fz};
  const auto fade = [](float s) { return s * s * (3 - 2 * s); };
  const auto rise = [](float s) { return 6 * s * (1 - s); };
  const float tx = fade(t.x), ty = fade(t.y), tz = fade(t.z);
  struct Row {
    float value, slope;
  };
  const auto row = [&](int dy, int dz) {
    const float a = lattice_noise(x, y + dy, z + dz, seed), b = lattice_noise(x + 1, y + dy, z + dz, seed);
    return Row{mix(a, b, tx), b - a};
  };
  const Row a = row(0, 0), b = row(1, 0), c = row(0, 1), d = row(1, 1);
  const float low = mix(a.value, b.value, ty), high = mix(c.value, d.value, ty);
  return {mix(low, high, tz),
          {rise(t.x) * mix(mix(a.slope, b.slope, ty), mix(c.slope, d.slope, ty), tz),
           rise(t.y) * mix(b.value - a.value, d.value - c.value, tz), rise(t.z) * (high - low)}};
}

}  // namespace dmf::world
