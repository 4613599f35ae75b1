#include "dmf/world/raster.h"

#include <limits>

namespace dmf::world {

SampleBuffer::SampleBuffer(int left, int top, int right, int bottom)
    : left_(left),
      top_(top),
      right_(std::max(right, left)),
      bottom_(std::max(bottom, top)),
      samples_(static_cast<size_t>(right_ - left_) * (bottom_ - top_)),
      masks_(samples_.size()) {}

ShadowMap::ShadowMap(Vec3 light, const std::vector<Vec3>& points, int size)
    : light_(light),
      size_(size),
      height_(static_cast<size_t>(size) * size, std::numeric_limits<float>::lowest()) {
  right_ = normalized(cross(std::abs(light.y) < .9F ? Vec3{0, 1, 0} : Vec3{0, 0, 1}, light));
  up_ = cross(light, right_);
  float high_x = std::numeric_limits<float>::lowest(), high_y = high_x;
  low_x_ = low_y_ = std::numeric_limits<float>::max();
  for (const Vec3& p : points) {
    const float x = dot(p, right_), y = dot(p, up_);
    low_x_ = std::min(low_x_, x), high_x = std::max(high_x, x);
    low_y_ = std::min(low_y_, y), high_y = std::max(high_y, y);
  }
  const float margin = .02F;
  low_x_ -= margin, low_y_ -= margin;
  scale_ = static_cast<float>(size - 1) / (std::max(high_x - low_x_, high_y - low_y_) + margin);
}

void ShadowMap::draw(Vec3 a, Vec3 b, Vec3 c, bool two_sided) {
  const Vec3 p = map(a), q = map(b), r = map(c);
  const float area = (q.x - p.x) * (r.y - p.y) - (r.x - p.x) * (q.y - p.y);
  if (area == 0 || (area > 0 && !two_sided)) return;
  const float scale = 1 / area;
  const int x0 = std::max(0, static_cast<int>(std::ceil(std::min({p.x, q.x, r.x}))));
  const int x1 = std::min(size_ - 1, static_cast<int>(std::max({p.x, q.x, r.x})));
  const int y0 = std::max(0, static_cast<int>(std::ceil(std::min({p.y, q.y, r.y}))));
  const int y1 = std::min(size_ - 1, static_cast<int>(std::max({p.y, q.y, r.y})));
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x) {
      const float px = static_cast<float>(x) - p.x, py = static_cast<float>(y) - p.y;
      const float s = (px * (r.y - p.y) - py * (r.x - p.x)) * scale;
      const float t = (py * (q.x - p.x) - px * (q.y - p.y)) * scale;
      if (s < 0 || t < 0 || s + t > 1) continue;
      float& height = height_[static_cast<size_t>(y) * size_ + x];
      height = std::max(height, p.z + s * (q.z - p.z) + t * (r.z - p.z));
    }
}

float ShadowMap::shade(Vec3 p, float blur, float slack, int taps) const {
  const Vec3 m = map(p);
  const float radius = std::max(blur * scale_, .75F), step = radius / static_cast<float>(taps);
  const float edge = static_cast<float>(size_) + radius;
  if (m.x < -radius || m.y < -radius || m.x > edge || m.y > edge) return 0;
  int hits = 0;
  for (int i = -taps; i <= taps; ++i) {
    const float fx = m.x + static_cast<float>(i) * step + .5F;
    if (fx < 0 || fx >= static_cast<float>(size_)) continue;
    for (int j = -taps; j <= taps; ++j) {
      const float fy = m.y + static_cast<float>(j) * step + .5F;
      if (fy < 0 || fy >= static_cast<float>(size_)) continue;
      hits += height_[static_cast<size_t>(fy) * size_ + static_cast<size_t>(fx)] > m.z + slack;
    }
  }
  return static_cast<float>(hits) / static_cast<float>((2 * taps + 1) * (2 * taps + 1));
}

}  // namespace dmf::world
