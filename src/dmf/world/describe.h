#pragma once
#include <string>

#include "dmf/core/random.h"
#include "dmf/text/attributes.h"
#include "dmf/world/identity.h"
#include "dmf/world/person.h"

namespace dmf::world {

/// What one image shows of a person.
struct Sight {
  float facing = 0;  ///< direction the person looks in against the camera: 0 towards it, pi away; radians
  std::array<int, kParts> visible{};  ///< samples in which each part is seen (PersonImage)
  std::array<int, kParts> total{};
};

/// Everything about a person in words, as the attribute file holds it.
text::Attributes describe(const Identity& person);

/// The same, but only what an image shows: a backpack that the trunk hides is not there, nor is a print on
/// the chest of a person seen from behind, nor a ponytail seen from the front. "no" is never said.
text::Attributes describe(const Identity& person, const Sight& sight);

/// A caption in English of what an image shows; words and sentences are drawn from `random`, colours are
/// sometimes named more loosely ("blue" for a dark blue).
std::string write_caption(const Identity& person, const Sight& sight, RandomStream& random);

}  // namespace dmf::world
