#pragma once
#include <vector>

#include "dmf/world/person.h"
#include "dmf/world/site.h"
#include "dmf/world/surroundings.h"

namespace dmf::world {

/// A place as a camera sees it, without persons; rows from top to bottom.
struct Backdrop {
  int height = 0, width = 0;
  std::vector<Vec3> rgb;     ///< linear RGB
  std::vector<Vec3> sun;     ///< what of `rgb` the sun gives to the ground: a person's shadow takes it away
  std::vector<Vec3> sky;     ///< the same of the sky
  std::vector<float> depth;  ///< metres along the axis
};

/// Casts a ray for each pixel: ground, walls, things, trees, sky; shadows of things on the ground, snow on
/// what lies flat, fog by distance.
/// @param camera  in the world's frame: persons walk about the origin
Backdrop render_backdrop(const Site& site, const Camera& camera, const Daylight& light, int height,
                         int width);

/// Share of the sun that reaches a point (world's frame), 0 … 1: what stands there may be in a shadow.
float sunlight_at(const Site& site, const Daylight& light, Vec3 point);

}  // namespace dmf::world
