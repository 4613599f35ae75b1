#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "dmf/world/vec.h"

namespace dmf::world {

/// Which triangle is seen at each sample of a rectangle and where on it. Samples lie on a regular grid.
class SampleBuffer {
 public:
  /// Columns [left, right) and rows [top, bottom).
  SampleBuffer(int left, int top, int right, int bottom);

  /// Draws a triangle. Corners: x and y in samples, z the distance from the camera in metres (> 0 for all).
  /// @param bias       metres by which it counts as nearer
  /// @param mask       bits that are set at every sample that it covers, seen or not
  /// @param two_sided  else only triangles that are counter-clockwise in the world (clockwise with y down)
  /// are drawn
  /// @param keep       bool(b1, b2): whether the triangle has matter there; weights of corners 1 and 2
  template <class Keep>
  void draw(const std::array<Vec3, 3>& corner, int triangle, float bias, uint32_t mask, bool two_sided,
            const Keep& keep);
  void draw(const std::array<Vec3, 3>& corner, int triangle, float bias, uint32_t mask, bool two_sided) {
    draw(corner, triangle, bias, mask, two_sided, [](float, float) { return true; });
  }

  int left() const { return left_; }
  int top() const { return top_; }
  int right() const { return right_; }
  int bottom() const { return bottom_; }
  struct Sample {
    float nearness = 0;  ///< 1 / distance, bias included; 0: nothing is seen
    int triangle = -1;
    float b1 = 0, b2 = 0;  ///< weights of corners 1 and 2
  };
  const Sample& at(int y, int x) const { return samples_[index(y, x)]; }
  uint32_t mask(int y, int x) const { return masks_[index(y, x)]; }

 private:
  size_t index(int y, int x) const { return static_cast<size_t>(y - top_) * (right_ - left_) + (x - left_); }
  int left_, top_, right_, bottom_;
  std::vector<Sample> samples_;
  std::vector<uint32_t> masks_;
};

template <class Keep>
void SampleBuffer::draw(const std::array<Vec3, 3>& c, int triangle, float bias, uint32_t mask, bool two_sided,
                        const Keep& keep) {
  const float area = (c[1].x - c[0].x) * (c[2].y - c[0].y) - (c[2].x - c[0].x) * (c[1].y - c[0].y);
  if (area == 0 || (area > 0 && !two_sided)) return;
  const int x0 = std::max(left_, static_cast<int>(std::ceil(std::min({c[0].x, c[1].x, c[2].x}) - .5F)));
  const int x1 = std::min(right_ - 1, static_cast<int>(std::floor(std::max({c[0].x, c[1].x, c[2].x}) - .5F)));
  const int y0 = std::max(top_, static_cast<int>(std::ceil(std::min({c[0].y, c[1].y, c[2].y}) - .5F)));
  const int y1 =
      std::min(bottom_ - 1, static_cast<int>(std::floor(std::max({c[0].y, c[1].y, c[2].y}) - .5F)));
  if (x0 > x1 || y0 > y1) return;
  const float scale = 1 / area;
  const float dx1 = (c[2].y - c[0].y) * scale, dy1 = -(c[2].x - c[0].x) * scale;
  const float dx2 = -(c[1].y - c[0].y) * scale, dy2 = (c[1].x - c[0].x) * scale;
  const float n0 = 1 / (c[0].z - bias), n1 = 1 / (c[1].z - bias) - n0, n2 = 1 / (c[2].z - bias) - n0;
  for (int y = y0; y <= y1; ++y) {
    const float py = static_cast<float>(y) + .5F - c[0].y;
    for (int x = x0; x <= x1; ++x) {
      const float px = static_cast<float>(x) + .5F - c[0].x;
      const float b1 = px * dx1 + py * dy1, b2 = px * dx2 + py * dy2;
      if (b1 < 0 || b2 < 0 || b1 + b2 > 1) continue;
      const size_t i = index(y, x);
      const float nearness = n0 + b1 * n1 + b2 * n2;
      if (nearness <= samples_[i].nearness || !keep(b1, b2)) {
        masks_[i] |= mask;
        continue;
      }
      masks_[i] |= mask;
      samples_[i] = {nearness, triangle, b1, b2};
    }
  }
}

/// Depths seen from a distant light: which points lie in shadow, and how far from what casts it.
class ShadowMap {
 public:
  /// @param light  towards the light, unit; points are where the casting vertices are
  ShadowMap(Vec3 light, const std::vector<Vec3>& points, int size);
  /// @param two_sided  else only triangles that turn their backs to the light cast shadows: enough for closed
  /// surfaces
  void draw(Vec3 a, Vec3 b, Vec3 c, bool two_sided);
  /// Share of the light kept from `p` [0, 1], averaged over a square of half-width `blur` metres; what lies
  /// less than `slack` metres before it does not count.
  float shade(Vec3 p, float blur, float slack, int taps) const;

 private:
  Vec3 map(Vec3 p) const {
    return {(dot(p, right_) - low_x_) * scale_, (dot(p, up_) - low_y_) * scale_, dot(p, light_)};
  }
  Vec3 light_, right_, up_;
  int size_;
  float low_x_ = 0, low_y_ = 0, scale_ = 1;
  std::vector<float> height_;  // of the nearest caster along the light
};

}  // namespace dmf::world
