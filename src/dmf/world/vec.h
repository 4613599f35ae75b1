#pragma once
#include <algorithm>
#include <cmath>

namespace dmf::world {

/// A point, a direction (metres: x to the person's left, y up, z where the person faces) or a colour (linear
/// RGB).
struct Vec3 {
  float x = 0, y = 0, z = 0;
};

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator-(Vec3 a) { return {-a.x, -a.y, -a.z}; }
inline Vec3 operator*(Vec3 a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline Vec3 operator*(float s, Vec3 a) { return a * s; }
/// By component: a colour under a light.
inline Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vec3& operator+=(Vec3& a, Vec3 b) { return a = a + b; }

inline float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec3 a) { return std::sqrt(dot(a, a)); }
/// Unit vector; the zero vector stays zero.
inline Vec3 normalized(Vec3 a) { return a * (1.F / std::max(length(a), 1e-12F)); }
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline Vec3 mix(Vec3 a, Vec3 b, float t) { return a + (b - a) * t; }
/// 0 below `low`, 1 above `high`, smooth between; `low` > `high` falls instead of rising.
inline float smoothstep(float low, float high, float x) {
  const float t = std::clamp((x - low) / (high - low), 0.F, 1.F);
  return t * t * (3 - 2 * t);
}

/// Rotation (or any linear map): rows.
struct Mat3 {
  Vec3 row[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
};

inline Vec3 operator*(const Mat3& m, Vec3 v) {
  return {dot(m.row[0], v), dot(m.row[1], v), dot(m.row[2], v)};
}
inline Mat3 transposed(const Mat3& m) {
  return {{{m.row[0].x, m.row[1].x, m.row[2].x},
           {m.row[0].y, m.row[1].y, m.row[2].y},
           {m.row[0].z, m.row[1].z, m.row[2].z}}};
}
inline Mat3 operator*(const Mat3& a, const Mat3& b) {
  const Mat3 t = transposed(b);
  Mat3 product;
  for (int i = 0; i < 3; ++i) product.row[i] = t * a.row[i];
  return product;
}

/// Rotations about the axes by `radians`, right-handed.
inline Mat3 rotation_x(float radians) {
  const float c = std::cos(radians), s = std::sin(radians);
  return {{{1, 0, 0}, {0, c, -s}, {0, s, c}}};
}
inline Mat3 rotation_y(float radians) {
  const float c = std::cos(radians), s = std::sin(radians);
  return {{{c, 0, s}, {0, 1, 0}, {-s, 0, c}}};
}
inline Mat3 rotation_z(float radians) {
  const float c = std::cos(radians), s = std::sin(radians);
  return {{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}};
}

}  // namespace dmf::world
