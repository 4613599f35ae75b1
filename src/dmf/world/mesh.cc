#include "dmf/world/mesh.h"

#include <limits>

namespace dmf::world {
namespace {

constexpr int kBlock = 4;  // cells along an edge of a block

class SurfaceNet {
 public:
  SurfaceNet(FieldRef field, const Bounds& box, float cell) : field_(field), low_(box.low), cell_(cell) {
    const auto cells = [&](float low, float high) {
      return (static_cast<int>(std::ceil((high - low) / (cell * kBlock))) + 1) * kBlock;
    };
    nx_ = cells(box.low.x, box.high.x), ny_ = cells(box.low.y, box.high.y),
    nz_ = cells(box.low.z, box.high.z);
    value_.assign(static_cast<size_t>(nx_ + 1) * (ny_ + 1) * (nz_ + 1),
                  std::numeric_limits<float>::quiet_NaN());
    vertex_.assign(value_.size(), -1);
  }

  Mesh run() {
    const float reach = cell_ * kBlock * .8661F * 1.3F;
    for (int z = 0; z < nz_; z += kBlock)
      for (int y = 0; y < ny_; y += kBlock)
        for (int x = 0; x < nx_; x += kBlock) {
          const Vec3 centre = point(x, y, z) + Vec3{1, 1, 1} * (cell_ * kBlock * .5F);
          if (std::abs(field_(centre)) < reach) add_block(x, y, z);
        }
    for (const auto& [x, y, z] : cells_) add_faces(x, y, z);
    return std::move(mesh_);
  }

 private:
  size_t index(int x, int y, int z) const { return (static_cast<size_t>(z) * (ny_ + 1) + y) * (nx_ + 1) + x; }
  Vec3 point(int x, int y, int z) const {
    return low_ + Vec3{static_cast<float>(x), static_cast<float>(y), static_cast<float>(z)} * cell_;
  }
  float value(int x, int y, int z) {
    float& v = value_[index(x, y, z)];
    if (std::isnan(v)) v = field_(point(x, y, z));
    return v;
  }

  void add_block(int bx, int by, int bz) {
    for (int z = bz; z < bz + kBlock; ++z)
      for (int y = by; y < by + kBlock; ++y)
        for (int x = bx; x < bx + kBlock; ++x) add_vertex(x, y, z);
  }

  // The mean of the crossings of the cell's twelve edges, then on to the surface.
  void add_vertex(int x, int y, int z) {
    float corner[8];
    int inside = 0;
    for (int i = 0; i < 8; ++i) {
      corner[i] = value(x + (i & 1), y + (i >> 1 & 1), z + (i >> 2));
      inside += corner[i] < 0;
    }
    if (inside == 0 || inside == 8) return;
    Vec3 sum;
    int crossings = 0;
    for (int a = 0; a < 8; ++a)
      for (int axis = 1; axis <= 4; axis <<= 1) {
        const int b = a | axis;
        if (b == a || (corner[a] < 0) == (corner[b] < 0)) continue;
        const float t = corner[a] / (corner[a] - corner[b]);
        sum += Vec3{static_cast<float>(a & 1) + (axis == 1 ? t : 0),
                    static_cast<float>(a >> 1 & 1) + (axis == 2 ? t : 0),
                    static_cast<float>(a >> 2) + (axis == 4 ? t : 0)};
        ++crossings;
      }
    const Vec3 start = point(x, y, z) + sum * (cell_ / static_cast<float>(crossings));
    const Vec3 slope = gradient(field_, start, cell_ * .25F);
    const float step = field_(start) / std::max(dot(slope, slope), .25F);
    const Vec3 place = start - slope * std::clamp(step, -cell_ * .7F, cell_ * .7F);
    vertex_[index(x, y, z)] = static_cast<int>(mesh_.position.size());
    mesh_.position.push_back(place);
    mesh_.normal.push_back(normalized(gradient(field_, place, cell_ * .5F)));
    cells_.push_back({x, y, z});
  }

  void add_quad(int a, int b, int c, int d, bool flip) {
    if (a < 0 || b < 0 || c < 0 || d < 0) return;
    if (flip) std::swap(b, d);
    mesh_.triangle.push_back({a, b, c});
    mesh_.triangle.push_back({a, c, d});
  }

  // Of each grid edge that leaves the cell's first corner and crosses the surface: the quad of its four
  // cells.
  void add_faces(int x, int y, int z) {
    const bool inside = value(x, y, z) < 0;
    const auto v = [&](int dx, int dy, int dz) {
      return x + dx < 0 || y + dy < 0 || z + dz < 0 ? -1 : vertex_[index(x + dx, y + dy, z + dz)];
    };
    if (inside != (value(x + 1, y, z) < 0))
      add_quad(v(0, -1, -1), v(0, 0, -1), v(0, 0, 0), v(0, -1, 0), !inside);
    if (inside != (value(x, y + 1, z) < 0))
      add_quad(v(-1, 0, -1), v(-1, 0, 0), v(0, 0, 0), v(0, 0, -1), !inside);
    if (inside != (value(x, y, z + 1) < 0))
      add_quad(v(-1, -1, 0), v(0, -1, 0), v(0, 0, 0), v(-1, 0, 0), !inside);
  }

  FieldRef field_;
  Vec3 low_;
  float cell_;
  int nx_, ny_, nz_;
  std::vector<float> value_;  // at the corners; NaN: not asked for yet
  std::vector<int> vertex_;   // of the cells; -1: none
  std::vector<std::array<int, 3>> cells_;
  Mesh mesh_;
};

}  // namespace

Vec3 gradient(FieldRef field, Vec3 p, float step) {
  constexpr Vec3 kCorners[4] = {{1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}, {1, 1, 1}};
  Vec3 sum;
  for (const Vec3& corner : kCorners) sum += corner * field(p + corner * step);
  return sum * (.25F / step);
}

Mesh mesh_surface(FieldRef field, const Bounds& box, float cell) {
  return SurfaceNet(field, box, cell).run();
}

}  // namespace dmf::world
