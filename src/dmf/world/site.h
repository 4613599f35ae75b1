#pragma once
#include <vector>

#include "dmf/core/random.h"
#include "dmf/world/surface.h"

namespace dmf::world {

/// A box that stands on or above the ground; sides along x and z.
struct Box {
  Vec3 low, high;
  Finish side, top;
};

/// Leaves of a tree or a bush: an ellipsoid with a ragged edge.
struct Crown {
  Vec3 centre, radii;
  Finish finish;
};

/// A rectangle of the ground with a finish of its own.
struct Patch {
  float low_x, high_x, low_z, high_z;
  Finish finish;
};

/// A place that a camera looks at. Its own frame is turned by `yaw` about the vertical against the world's,
/// in which the camera stands at +z and persons walk about the origin.
struct Site {
  float yaw = 0;
  Finish ground;
  std::vector<Patch> patches;  ///< the first that holds a point counts
  std::vector<Box> boxes;
  std::vector<Crown> crowns;
  float ceiling = 0;  ///< height of a hall's roof; 0: the sky
  Finish ceiling_finish;
  Finish skyline;  ///< what stands along the horizon: its colour; `size` is its height in metres, 50 m away
  uint32_t seed = 0;
};

/// Where the camera of a site stands and where persons walk before it; metres.
struct Standpoint {
  float distance = 8;     ///< of the camera from the middle of the walk, along the ground
  float walk_radius = 2;  ///< nothing stands nearer to the middle than this
};

/// Builds a place (surroundings.h), never twice the same: what it is made of, its colours, where things
/// stand. Nothing stands between the camera and the persons.
/// @param place  1 … kPlaces
Site draw_site(int place, const Standpoint& standpoint, RandomStream& random);

}  // namespace dmf::world
