#pragma once
#include "dmf/world/figure.h"

namespace dmf::world {

/// The shapes of an identity's clothes around its figure, in the rest pose.
struct Outfit {
  // What covers the trunk.
  Loft upper;
  Limb sleeve;
  float sleeve_end = 0;    ///< metres along the arm; 0: without sleeves
  float upper_hem = 0;     ///< height
  bool has_tail = false;   ///< it reaches over the thighs and hangs by itself
  float tail_top = 0;      ///< where that begins
  bool is_tucked = false;  ///< it ends inside what covers the legs, whose belt is seen
  float collar = 0;        ///< height of a standing collar above the shoulders, 0: none
  bool has_hood = false;
  // What covers the legs.
  bool has_lower = true;  ///< false under a dress
  bool is_skirt = false;
  Loft lower;  ///< of trousers: the hips; of a skirt: all
  Limb trouser;
  float lower_end = 0;    ///< of trousers: metres along the leg
  float lower_hem = 0;    ///< height
  float flare_waves = 0;  ///< depth of a wide hem's waves
  // Shoes.
  float shaft = 0;             ///< of boots: height above the ankle, metres
  bool over_trousers = false;  ///< boots are seen whole
};

Outfit make_outfit(const Identity& identity, const Figure& figure);

float upper_distance(const Figure& figure, const Outfit& outfit, Vec3 p);
float lower_distance(const Figure& figure, const Outfit& outfit, Vec3 p);
float shoe_distance(const Figure& figure, const Identity& identity, const Outfit& outfit, Vec3 p);

}  // namespace dmf::world
