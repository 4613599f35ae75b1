#pragma once
#include <initializer_list>
#include <utility>

#include "dmf/core/random.h"
#include "dmf/world/identity.h"
#include "dmf/world/palette.h"

namespace dmf::world {

/// Colours farther apart than this (colour_distance) have different names to most people.
inline constexpr float kClearlyDifferent = 30;

/// One of the values, each as likely as its weight against the sum; a weight of 0 is never drawn.
template <class T>
T choose(RandomStream& random, std::initializer_list<std::pair<T, double>> weighted) {
  double sum = 0;
  for (const auto& [value, weight] : weighted) sum += weight;
  double rest = random.uniform(0, sum);
  T last = weighted.begin()->first;
  for (const auto& [value, weight] : weighted) {
    if (weight <= 0) continue;
    last = value;
    if (rest < weight) break;
    rest -= weight;
  }
  return last;
}

/// Chooses clothes, shoes, hat, glasses and things for a person whose gender, age, skin and hair are known.
void dress(Identity& person, const IdentityOptions& options, RandomStream& random);

/// Gives a fabric a pattern: its second colour, its period, its shares.
void set_pattern(Fabric& fabric, Pattern pattern, const Palette& palette, RandomStream& random);

}  // namespace dmf::world
