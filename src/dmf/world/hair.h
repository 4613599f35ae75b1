#pragma once
#include "dmf/world/outfit.h"

namespace dmf::world {

/// Where hair begins, in head coordinates (Figure::head_local): above 0 it grows, below is face, ear or neck;
/// metres.
float hair_growth(const Identity& identity, Vec3 head_local);

/// Whether the identity's hair has a shape of its own (else it is painted on the head).
bool has_hair_shape(const Identity& identity);
float hair_distance(const Identity& identity, const Figure& figure, const Outfit& outfit, Vec3 p);
/// Lowest point of the hair.
float hair_bottom(const Identity& identity, const Figure& figure);

float hat_distance(const Identity& identity, const Figure& figure, Vec3 p);

}  // namespace dmf::world
