#pragma once
#include <array>
#include <vector>

#include "dmf/world/hair.h"
#include "dmf/world/outfit.h"
#include "dmf/world/person.h"
#include "dmf/world/skeleton.h"

namespace dmf::world {

/// What a surface is, hence how it is painted.
enum class LayerKind : uint8_t {
  kBody,
  kHead,
  kHands,
  kUpper,
  kLower,
  kShoes,
  kHair,
  kHat,
  kScarf,
  kBackpack,
  kShoulderBag,
  kHandbag,
  kLuggage,
  kUmbrella
};

/// One surface of a person: vertices and triangles [first, end) of its geometry.
struct Layer {
  LayerKind kind;
  Part part;             ///< of samples that paint does not give to another part
  float bias;            ///< metres towards the camera, so that what is worn above is seen above
  bool is_open = false;  ///< seen from both sides
  bool hangs = false;    ///< below the hips it follows the outermost leg, not the skin
  int first_vertex = 0, end_vertex = 0;
  int first_triangle = 0, end_triangle = 0;
};

/// A person in the rest pose.
struct PersonGeometry {
  Figure figure;
  Outfit outfit;
  std::vector<Layer> layers;
  std::vector<Vec3> position;
  std::vector<Vec3> normal;
  std::vector<SkinWeights> weights;
  std::vector<float> openness;  ///< share of the sky a vertex sees past the person itself, [0, 1]
  std::vector<std::array<int, 3>> triangle;
};

PersonGeometry make_geometry(const Identity& identity);

}  // namespace dmf::world
