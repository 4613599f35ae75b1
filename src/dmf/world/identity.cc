#include "dmf/world/identity.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/world/palette.h"
#include "dmf/world/wardrobe.h"

namespace dmf::world {
namespace {

constexpr int64_t kFamily = 4;  // identities of which all may be near twins of the first

float normal(RandomStream& random, double mean, double deviation, double most = 2.2) {
  return static_cast<float>(mean + deviation * std::clamp(random.normal(), -most, most));
}

float between(RandomStream& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

void draw_body(Identity& person, RandomStream& random) {
  const bool is_female = person.gender == Gender::kFemale;
  person.leg_share = normal(random, is_female ? 0.474 : 0.469, 0.009);
  person.build = std::clamp(normal(random, person.age == AgeGroup::kOld ? 0.25 : 0.0, 0.42), -1.0F, 1.0F);
  person.shoulders = std::clamp(normal(random, 0, 0.45), -1.0F, 1.0F);
  switch (person.age) {
    case AgeGroup::kChild:
      person.height = between(random, 1.02, 1.42);
      person.leg_share -= 0.025F * (1.45F - person.height) / 0.4F;
      person.build = std::clamp(person.build, -0.7F, 0.6F);
      break;
    case AgeGroup::kTeenager:
      person.height = normal(random, is_female ? 1.60 : 1.67, 0.065);
      break;
    case AgeGroup::kAdult:
      person.height = normal(random, is_female ? 1.64 : 1.77, 0.065);
      break;
    case AgeGroup::kOld:
      person.height = normal(random, is_female ? 1.59 : 1.71, 0.065);
      break;
  }
}

HairStyle draw_hair_style(const Identity& person, RandomStream& random) {
  using enum HairStyle;
  const bool is_old = person.age == AgeGroup::kOld;
  if (person.gender == Gender::kMale) {
    return choose<HairStyle>(random, {{kBald, is_old                           ? 0.22
                                              : person.age == AgeGroup::kAdult ? 0.06
                                                                               : 0},
                                      {kCropped, 0.25},
                                      {kShort, 0.58},
                                      {kBob, 0.03},
                                      {kLong, is_old ? 0.01 : 0.025},
                                      {kPonytail, is_old ? 0.01 : 0.02},
                                      {kBun, 0.015},
                                      {kCurly, 0.06}});
  }
  return choose<HairStyle>(random, {{kCropped, 0.02},
                                    {kShort, is_old ? 0.45 : 0.08},
                                    {kBob, is_old ? 0.3 : 0.2},
                                    {kLong, is_old ? 0.06 : 0.36},
                                    {kPonytail, is_old ? 0.03 : 0.2},
                                    {kBun, 0.08},
                                    {kCurly, 0.08}});
}

void draw_hair(Identity& person, RandomStream& random) {
  const bool is_female = person.gender == Gender::kFemale;
  const bool is_grown = person.age == AgeGroup::kAdult || person.age == AgeGroup::kOld;
  person.hair = draw_hair_style(person, random);
  const double grayness = person.age == AgeGroup::kOld ? 0.68 : person.age == AgeGroup::kAdult ? 0.06 : 0;
  person.hair_colour =
      draw_hair_colour(person.skin, grayness, is_female && person.age != AgeGroup::kChild, random);
  switch (person.hair) {
    case HairStyle::kBob:
      person.hair_length = between(random, 0.06, 0.16);
      break;
    case HairStyle::kLong:
      person.hair_length = between(random, 0.24, 0.52);
      break;
    case HairStyle::kPonytail:
      person.hair_length = between(random, 0.18, 0.42);
      break;
    default:
      break;
  }
  person.hair_parting = between(random, -1, 1);
  person.has_fringe = random.chance(is_female ? 0.3 : 0.2);
  person.has_beard = !is_female && is_grown && random.chance(0.22);
}

void draw_gait(Identity& person, RandomStream& random) {
  const bool is_old = person.age == AgeGroup::kOld;
  person.gait = {.stride = std::clamp(normal(random, is_old ? 0.85 : 1.0, 0.1), 0.7F, 1.3F),
                 .swing = std::clamp(normal(random, is_old ? 0.8 : 1.0, 0.22), 0.4F, 1.5F),
                 .stoop = std::clamp(normal(random, is_old ? 0.13 : 0.03, 0.05), 0.0F, 0.3F),
                 .breadth = std::clamp(normal(random, 1.0 + 0.1 * person.build, 0.08), 0.8F, 1.3F)};
}

Identity draw_fresh(const IdentityOptions& options, uint64_t seed, int64_t number) {
  RandomStream random(seed, "world identity", {static_cast<uint64_t>(number)});
  Identity person;
  person.number = number;
  person.gender = random.chance(0.5) ? Gender::kFemale : Gender::kMale;
  person.age = choose<AgeGroup>(random, {{AgeGroup::kChild, 0.06},
                                         {AgeGroup::kTeenager, 0.14},
                                         {AgeGroup::kAdult, 0.64},
                                         {AgeGroup::kOld, 0.16}});
  draw_body(person, random);
  person.skin = draw_skin(random);
  draw_hair(person, random);
  dress(person, options, random);
  draw_gait(person, random);
  person.details = random.bits();
  return person;
}

constexpr int64_t kDetails = 8;

/// A colour beside `before` that has another name.
Colour other_colour(const Palette& palette, const Colour& before, RandomStream& random) {
  Colour colour = palette.beside(before, random);
  while (colour_name(colour) == colour_name(before)) colour = palette.beside(before, random);
  return colour;
}

bool change_hair(Identity& person, RandomStream& random) {
  Identity other = person;
  draw_hair(other, random);
  const bool is_other =
      other.hair != person.hair || colour_distance(other.hair_colour, person.hair_colour) > kClearlyDifferent;
  if (is_other) person = other;
  return is_other;
}

/// A thing is put down, or taken up in place of `instead`.
bool change_thing(std::optional<Colour>& thing, std::optional<Colour>& instead, const Palette& palette,
                  RandomStream& random) {
  if (thing) {
    thing.reset();
  } else {
    thing = palette.thing(random);
    instead.reset();
  }
  return true;
}

/// One detail of `person` becomes another. @return false where it has no such detail
bool change(Identity& person, int64_t detail, const Palette& palette, RandomStream& random) {
  Fabric& upper = person.upper.fabric;
  switch (detail) {
    case 0:
      upper.colour = other_colour(palette, upper.colour, random);
      return true;
    case 1:
      if (person.upper.type == UpperType::kDress) return false;
      person.lower.fabric.colour = other_colour(palette, person.lower.fabric.colour, random);
      return true;
    case 2:
      person.shoes.colour = other_colour(palette, person.shoes.colour, random);
      return true;
    case 3:
      return change_hair(person, random);
    case 4:
      return change_thing(person.backpack, person.shoulder_bag, palette, random);
    case 5:
      if (person.umbrella) return false;
      return change_thing(person.handbag, person.luggage, palette, random);
    case 6:
      if (person.upper.type == UpperType::kSuit) return false;
      set_pattern(upper, upper.pattern == Pattern::kPlain ? Pattern::kStripes : Pattern::kPlain, palette,
                  random);
      return true;
    default:
      person.hat = person.hat == HatType::kNone ? HatType::kCap : HatType::kNone;
      person.hat_colour = palette.thing(random);
      return true;
  }
}

}  // namespace

Identity draw_identity(const IdentityOptions& options, uint64_t seed, int64_t number) {
  DMF_CHECK(number > 0, InvalidArgument, "[draw_identity] number: expected from 1 on, got {}", number);
  const int64_t first = number - (number - 1) % kFamily;
  RandomStream random(seed, "world near twin", {static_cast<uint64_t>(number)});
  const bool is_twin = number != first && random.chance(options.near_twins);
  if (!is_twin) return draw_fresh(options, seed, number);
  Identity person = draw_fresh(options, seed, first);
  person.number = number;
  // Twins walk on legs of their own: what no attribute tells still differs a little.
  draw_gait(person, random);
  person.height += normal(random, 0, 0.01);
  const Palette palette(options.vividness);
  const int64_t changes = 1 + random.integer(2);
  // Two different details, so that the second does not undo the first.
  for (int64_t made = 0, last = -1; made < changes;) {
    const int64_t detail = random.integer(kDetails);
    if (detail == last || !change(person, detail, palette, random)) continue;
    last = detail;
    ++made;
  }
  return person;
}

}  // namespace dmf::world
