#pragma once
#include <vector>

#include "dmf/world/geometry.h"

namespace dmf::world {

/// A person in a pose, standing on the ground; vertices as in its geometry.
struct PosedPerson {
  std::vector<Vec3> position;
  std::vector<Vec3> normal;  ///< unit
  Vec3 feet[2];              ///< where the middle of each sole is: left, right
};

PosedPerson pose_person(const PersonGeometry& geometry, const Identity& identity, const Pose& pose);

}  // namespace dmf::world
