#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "dmf/world/vec.h"

namespace dmf::world {

/// A closed surface; triangles are counter-clockwise seen from outside.
struct Mesh {
  std::vector<Vec3> position;
  std::vector<Vec3> normal;
  std::vector<std::array<int, 3>> triangle;
};

struct Bounds {
  Vec3 low, high;
};

/// Any callable float(Vec3), without owning it.
class FieldRef {
 public:
  template <class F>
  FieldRef(const F& field)  // NOLINT: implicit like std::function
      : object_(&field),
        call_([](const void* object, Vec3 p) { return (*static_cast<const F*>(object))(p); }) {}
  float operator()(Vec3 p) const { return call_(object_, p); }

 private:
  const void* object_;
  float (*call_)(const void*, Vec3);
};

/// The zero surface of a signed distance by naive surface nets (one vertex a cell that the surface crosses),
/// the vertices then moved onto the surface along its gradient. Blocks of cells far from the surface are
/// skipped: `field` must not exceed the true distance by more than a quarter.
/// @param box   must enclose the surface, else it is cut open there
/// @param cell  edge of a cell in metres
Mesh mesh_surface(FieldRef field, const Bounds& box, float cell);

/// Gradient of `field` at `p` by differences over `step`, not normalised.
Vec3 gradient(FieldRef field, Vec3 p, float step);

}  // namespace dmf::world
