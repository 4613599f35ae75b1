#pragma once
#include <cstdint>

#include "dmf/world/noise.h"
#include "dmf/world/vec.h"

namespace dmf::world {

/// What ground, walls and things of the background are made of.
enum class Surface : uint8_t {
  kAsphalt,
  kPaving,  ///< slabs
  kCobbles,
  kTiles,  ///< a hall's polished floor
  kGrass,
  kGravel,
  kPlaster,
  kBrick,
  kFacade,  ///< plaster with rows of windows
  kGlass,   ///< a front of panes
  kShop,    ///< a shop's window below a sign
  kConcrete,
  kPanels,  ///< of a hall's wall
  kHedge,
  kWood,  ///< boards
  kBark,
  kPaint,    ///< smooth, of one colour
  kCarSide,  ///< a car's body with its wheels
  kWhitePaint
};

/// A surface with its colour and its own seed.
struct Finish {
  Surface surface = Surface::kPaint;
  Vec3 colour{.5F, .5F, .5F};  ///< linear albedo
  uint32_t seed = 0;
  float size = 1;  ///< of slabs, bricks, windows, against the usual
};

/// How a surface looks at a point.
struct Shade {
  Vec3 albedo;
  Vec3 glow;        ///< light of its own: lit windows, signs
  float gloss = 0;  ///< share of the sky that it mirrors
};

/// @param u, v       metres along the surface; on a wall v is the height above the ground
/// @param footprint  size of a pixel there, metres: smaller details are averaged
/// @param lamps      lit windows, 0 … 1
Shade shade_surface(const Finish& finish, float u, float v, float footprint, float lamps);

/// Smooth noise of the plane, in [0, 1).
inline float plane_noise(float u, float v, uint32_t seed) {
  const float fu = std::floor(u), fv = std::floor(v);
  const int x = static_cast<int>(fu), y = static_cast<int>(fv);
  const auto fade = [](float t) { return t * t * (3 - 2 * t); };
  const float tu = fade(u - fu);
  return mix(mix(lattice_noise(x, y, 0, seed), lattice_noise(x + 1, y, 0, seed), tu),
             mix(lattice_noise(x, y + 1, 0, seed), lattice_noise(x + 1, y + 1, 0, seed), tu), fade(v - fv));
}

}  // namespace dmf::world
