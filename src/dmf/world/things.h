#pragma once
#include "dmf/world/mesh.h"
#include "dmf/world/outfit.h"

namespace dmf::world {

/// Things an identity wears or carries. Backpack, shoulder bag and scarf are in the rest pose's coordinates;
/// handbag, luggage and umbrella in their own: the origin is where the hand holds them, y up, z forward.

float backpack_distance(const Figure& figure, const Outfit& outfit, Vec3 p);
float shoulder_bag_distance(const Identity& identity, const Figure& figure, const Outfit& outfit, Vec3 p);
float scarf_distance(const Identity& identity, const Figure& figure, const Outfit& outfit, Vec3 p);
float handbag_distance(const Identity& identity, Vec3 p);
float luggage_distance(const Identity& identity, Vec3 p);
float umbrella_distance(Vec3 p);

Bounds backpack_box(const Figure& figure, const Outfit& outfit);
Bounds shoulder_bag_box(const Identity& identity, const Figure& figure, const Outfit& outfit);
Bounds scarf_box(const Figure& figure);

/// The side on which the shoulder bag hangs: +1 left, -1 right.
float shoulder_bag_side(const Identity& identity);

}  // namespace dmf::world
