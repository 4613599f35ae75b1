#include "dmf/world/wardrobe.h"

#include <algorithm>

namespace dmf::world {
namespace {

float between(RandomStream& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

/// What the choice of clothes hangs on.
struct Wearer {
  const Identity& person;
  const IdentityOptions& options;
  Palette palette;
  double warmth;  ///< the season's, and the person's own
  bool is_female, is_child, is_teenager, is_old, is_formal;
};

Wearer wearer_of(const Identity& person, const IdentityOptions& options, RandomStream& random) {
  const bool is_young = person.age == AgeGroup::kChild || person.age == AgeGroup::kTeenager;
  const double vividness = options.vividness + (is_young ? 0.15 : person.age == AgeGroup::kOld ? -0.15 : 0);
  return {person,
          options,
          Palette(std::clamp(vividness, 0.0, 1.0)),
          std::clamp(options.warmth + 0.16 * random.normal(), 0.0, 1.0),
          person.gender == Gender::kFemale,
          person.age == AgeGroup::kChild,
          person.age == AgeGroup::kTeenager,
          person.age == AgeGroup::kOld,
          !is_young && random.chance(options.formality)};
}

UpperType draw_upper_type(const Wearer& w, RandomStream& random) {
  using enum UpperType;
  const double warm = w.warmth, cold = 1 - w.warmth;
  const double mild = 1 - 1.4 * std::abs(w.warmth - 0.45);
  const bool is_young = w.is_child || w.is_teenager;
  return choose<UpperType>(random, {{kTankTop, warm > 0.55 && !w.is_old ? 0.35 * warm : 0},
                                    {kTShirt, 2.0 * warm * (w.is_formal ? 0.3 : 1)},
                                    {kShirt, (0.5 * mild + 0.4 * warm) * (w.is_formal  ? 2.5
                                                                          : w.is_child ? 0.4
                                                                                       : 1)},
                                    {kSweater, cold > 0.25 ? 0.9 * cold : 0.05},
                                    {kHoodie, w.is_old ? 0.03
                                                       : 0.8 * cold *
                                                             (is_young      ? 1.6
                                                              : w.is_formal ? 0.1
                                                                            : 0.7)},
                                    {kJacket, 1.2 * cold + 0.1},
                                    {kCoat, cold > 0.4 ? 1.1 * (cold - 0.3) * (is_young ? 0.5 : 1) : 0},
                                    {kSuit, w.is_formal ? (w.is_female ? 0.5 : 1.5) : 0},
                                    {kDress, w.is_female ? 0.75 * warm + 0.1 * mild : 0}});
}

Pattern draw_pattern(UpperType type, bool is_formal, RandomStream& random) {
  using enum Pattern;
  switch (type) {
    case UpperType::kTankTop:
    case UpperType::kTShirt:
      return choose<Pattern>(random, {{kPlain, 0.5}, {kStripes, 0.17}, {kPrint, 0.28}, {kDots, 0.05}});
    case UpperType::kShirt:
      return choose<Pattern>(random, {{kPlain, 0.5},
                                      {kStripes, 0.04},
                                      {kVerticalStripes, 0.2},
                                      {kChecks, is_formal ? 0.1 : 0.25},
                                      {kDots, 0.05}});
    case UpperType::kSweater:
      return choose<Pattern>(
          random, {{kPlain, 0.66}, {kStripes, 0.24}, {kPrint, 0.04}, {kChecks, 0.04}, {kDots, 0.02}});
    case UpperType::kHoodie:
      return choose<Pattern>(random, {{kPlain, 0.68}, {kPrint, 0.28}, {kStripes, 0.04}});
    case UpperType::kDress:
      return choose<Pattern>(
          random, {{kPlain, 0.52}, {kDots, 0.16}, {kStripes, 0.12}, {kChecks, 0.1}, {kVerticalStripes, 0.1}});
    case UpperType::kCoat:
      return choose<Pattern>(random, {{kPlain, 0.92}, {kChecks, 0.08}});
    default:
      return kPlain;
  }
}

Material draw_material(UpperType type, RandomStream& random) {
  using enum Material;
  switch (type) {
    case UpperType::kSweater:
      return kKnit;
    case UpperType::kJacket:
      return choose<Material>(random, {{kNylon, 0.5}, {kLeather, 0.17}, {kDenim, 0.17}, {kWool, 0.16}});
    case UpperType::kCoat:
      return random.chance(0.7) ? kWool : kNylon;
    case UpperType::kSuit:
      return kWool;
    default:
      return kCotton;
  }
}

Colour draw_upper_colour(const Wearer& w, UpperType type, Material material, RandomStream& random) {
  if (type == UpperType::kSuit) return w.palette.suit(random);
  if (material == Material::kDenim) return w.palette.denim(random);
  if (material == Material::kLeather) return w.palette.leather(random);
  if (type == UpperType::kCoat || (type == UpperType::kJacket && random.chance(0.4)))
    return w.palette.lower(random);
  if (type == UpperType::kShirt && random.chance(w.is_formal ? 0.6 : 0.25))
    return random.chance(0.5) ? jittered({0.94F, 0.94F, 0.94F}, 0.03, random)
                              : colour_from_hsv(0.59, random.uniform(0.1, 0.35), random.uniform(0.75, 0.95));
  return w.palette.upper(random);
}

Sleeve draw_sleeve(UpperType type, double warmth, RandomStream& random) {
  switch (type) {
    case UpperType::kTankTop:
      return Sleeve::kNone;
    case UpperType::kTShirt:
      return random.chance(0.92 - 0.5 * (1 - warmth)) ? Sleeve::kShort : Sleeve::kLong;
    case UpperType::kShirt:
      return random.chance(0.75 * warmth) ? Sleeve::kShort : Sleeve::kLong;
    case UpperType::kDress:
      return choose<Sleeve>(
          random,
          {{Sleeve::kNone, 0.9 * warmth}, {Sleeve::kShort, 0.5}, {Sleeve::kLong, 1.1 * (1 - warmth)}});
    default:
      return Sleeve::kLong;
  }
}

float draw_hem(UpperType type, RandomStream& random) {
  switch (type) {
    case UpperType::kTankTop:
      return between(random, -0.02, 0.08);
    case UpperType::kTShirt:
      return between(random, 0.0, 0.14);
    case UpperType::kShirt:
      return between(random, 0.02, 0.16);
    case UpperType::kSweater:
      return between(random, 0.0, 0.12);
    case UpperType::kHoodie:
      return between(random, 0.03, 0.12);
    case UpperType::kJacket:
      return between(random, 0.02, 0.2);
    case UpperType::kCoat:
      return random.chance(0.45) ? between(random, 0.58, 0.75) : between(random, 0.3, 0.52);
    case UpperType::kSuit:
      return between(random, 0.12, 0.18);
    case UpperType::kDress:
      return random.chance(0.3) ? between(random, 0.72, 0.95) : between(random, 0.36, 0.58);
  }
  return 0.1F;
}

void draw_inner(Upper& upper, const Wearer& w, RandomStream& random) {
  upper.inner = {.colour = w.palette.beside(upper.fabric.colour, random)};
  if (upper.type == UpperType::kSuit) {
    upper.inner.colour = random.chance(0.65)
                             ? jittered({0.94F, 0.94F, 0.94F}, 0.03, random)
                             : colour_from_hsv(0.59, random.uniform(0.1, 0.4), random.uniform(0.7, 0.95));
    upper.has_tie = !w.is_female && random.chance(0.65);
    upper.tie = w.palette.upper(random);
    upper.is_open = true;  // a lapel always shows what is below
    return;
  }
  const bool may_open = upper.type == UpperType::kJacket || upper.type == UpperType::kCoat ||
                        (upper.type == UpperType::kHoodie && upper.fabric.pattern == Pattern::kPlain);
  upper.is_open = may_open && random.chance(0.25 + 0.35 * w.warmth);
  if (upper.type == UpperType::kShirt) upper.is_open = !w.is_formal && w.warmth < 0.7 && random.chance(0.08);
}

Upper draw_upper(const Wearer& w, RandomStream& random) {
  Upper upper;
  upper.type = draw_upper_type(w, random);
  upper.sleeve = draw_sleeve(upper.type, w.warmth, random);
  upper.fabric.material = draw_material(upper.type, random);
  upper.fabric.colour = draw_upper_colour(w, upper.type, upper.fabric.material, random);
  set_pattern(upper.fabric, draw_pattern(upper.type, w.is_formal, random), w.palette, random);
  upper.hem = draw_hem(upper.type, random);
  const double loose = upper.type == UpperType::kHoodie || upper.type == UpperType::kCoat ? 0.55 : 0.35;
  upper.looseness = static_cast<float>(std::clamp(loose + 0.2 * random.normal(), 0.0, 1.0));
  if (upper.type == UpperType::kDress) upper.flare = between(random, 0.1, 0.9);
  if (upper.type == UpperType::kCoat) upper.flare = between(random, 0.05, w.is_female ? 0.45 : 0.2);
  draw_inner(upper, w, random);
  return upper;
}

LowerType draw_lower_type(const Wearer& w, UpperType upper, RandomStream& random) {
  using enum LowerType;
  const bool is_suit = upper == UpperType::kSuit;
  if (is_suit && !w.is_female) return kTrousers;
  const double warm = w.warmth;
  return choose<LowerType>(
      random, {{kTrousers, w.is_formal ? 1.4 : 0.75},
               {kJeans, is_suit || w.is_formal ? 0.1
                        : w.is_old             ? 0.4
                                               : 1.0},
               {kShorts, is_suit || w.is_formal || warm < 0.5 ? 0 : (w.is_female ? 0.7 : 1.1) * warm},
               {kSkirt, w.is_female ? (is_suit ? 0.9 : 0.25 + 0.5 * warm) : 0},
               {kLeggings, w.is_female && !w.is_old && !w.is_formal ? 0.4 : 0}});
}

void draw_tights(Lower& lower, const Wearer& w, RandomStream& random) {
  const bool is_shorts = lower.type == LowerType::kShorts;
  lower.has_tights = w.is_female && random.chance((0.9 - 1.1 * w.warmth) * (is_shorts ? 0.4 : 1));
  lower.tights = random.chance(0.75) ? jittered({0.09F, 0.09F, 0.1F}, 0.04, random) : w.palette.lower(random);
}

Lower draw_lower(const Wearer& w, const Upper& upper, RandomStream& random) {
  Lower lower;
  lower.type = draw_lower_type(w, upper.type, random);
  lower.fabric.colour = w.palette.lower(random);
  lower.looseness = static_cast<float>(std::clamp(0.35 + 0.22 * random.normal(), 0.0, 1.0));
  switch (lower.type) {
    case LowerType::kTrousers:
      lower.length = between(random, 0.93, 1.0);
      lower.fabric.material = upper.type == UpperType::kSuit ? Material::kWool : Material::kCotton;
      if (upper.type == UpperType::kSuit) lower.fabric.colour = jittered(upper.fabric.colour, 0.015, random);
      break;
    case LowerType::kJeans:
      lower.length = between(random, 0.93, 1.0);
      lower.fabric.material = Material::kDenim;
      lower.fabric.colour = w.palette.denim(random);
      lower.looseness *= 0.8F;
      break;
    case LowerType::kShorts:
      lower.length = between(random, w.is_female ? 0.22 : 0.38, 0.52);
      if (random.chance(0.3)) {
        lower.fabric.material = Material::kDenim;
        lower.fabric.colour = w.palette.denim(random);
      }
      break;
    case LowerType::kSkirt:
      lower.length = random.chance(0.25) ? between(random, 0.7, 0.92) : between(random, 0.28, 0.55);
      lower.flare = upper.type == UpperType::kSuit ? 0.05F : between(random, 0.05, 0.9);
      lower.fabric.colour = upper.type == UpperType::kSuit ? upper.fabric.colour : w.palette.upper(random);
      if (upper.type != UpperType::kSuit && random.chance(0.3)) {
        set_pattern(lower.fabric,
                    choose<Pattern>(
                        random, {{Pattern::kChecks, 0.5}, {Pattern::kDots, 0.3}, {Pattern::kStripes, 0.2}}),
                    w.palette, random);
      }
      break;
    case LowerType::kLeggings:
      lower.length = between(random, 0.85, 1.0);
      lower.looseness = 0;
      if (random.chance(0.7)) lower.fabric.colour = jittered({0.1F, 0.1F, 0.11F}, 0.04, random);
      break;
  }
  draw_tights(lower, w, random);
  return lower;
}

Shoes draw_shoes(const Wearer& w, const Identity& person, RandomStream& random) {
  using enum ShoeType;
  const bool is_formal = w.is_formal || person.upper.type == UpperType::kSuit;
  const bool is_bare = person.lower.type == LowerType::kShorts || person.upper.type == UpperType::kDress;
  Shoes shoes;
  shoes.type =
      choose<ShoeType>(random, {{kShoes, is_formal ? 2.0 : 0.4},
                                {kSneakers, is_formal  ? 0.15
                                            : w.is_old ? 0.7
                                                       : 1.6},
                                {kBoots, 0.75 * (1 - w.warmth) * (w.is_female ? 1.5 : 0.8)},
                                {kSandals, w.warmth > 0.6 && !is_formal ? (is_bare ? 0.8 : 0.35) : 0},
                                {kHeels, w.is_female && !w.is_child ? (is_formal ? 1.2 : 0.18) : 0}});
  const bool is_leather = shoes.type == kShoes || shoes.type == kBoots || shoes.type == kSandals;
  shoes.colour = is_leather && random.chance(0.75) ? w.palette.leather(random) : w.palette.shoe(random);
  shoes.sole = shoes.type == kSneakers && random.chance(0.7) ? Colour{0.92F, 0.92F, 0.9F}
                                                             : jittered({0.1F, 0.09F, 0.08F}, 0.04, random);
  shoes.sock = random.chance(0.5) ? jittered({0.92F, 0.92F, 0.92F}, 0.04, random)
                                  : jittered({0.12F, 0.12F, 0.13F}, 0.06, random);
  if (shoes.type == kBoots)
    shoes.shaft = w.is_female ? between(random, 0.25, 0.9) : between(random, 0.2, 0.4);
  return shoes;
}

void draw_head(Identity& person, const Wearer& w, RandomStream& random) {
  const double cold = 1 - w.warmth;
  person.hat = choose<HatType>(random, {{HatType::kNone, 1.0},
                                        {HatType::kCap, w.is_formal   ? 0.01
                                                        : w.is_female ? 0.05
                                                                      : 0.13},
                                        {HatType::kBeanie, cold > 0.5 ? 0.4 * cold : 0},
                                        {HatType::kBrimmed, w.is_old ? 0.12 : 0.04}});
  person.hat_colour = w.palette.thing(random);
  person.glasses = choose<GlassesType>(random, {{GlassesType::kNone, 1.0},
                                                {GlassesType::kClear, w.is_child ? 0.06
                                                                      : w.is_old ? 0.6
                                                                                 : 0.25},
                                                {GlassesType::kSun, w.is_child ? 0 : 0.16 * w.warmth}});
  if (random.chance(cold > 0.4 ? 0.4 * cold : 0.02) && person.upper.type != UpperType::kHoodie)
    person.scarf = w.palette.upper(random);
  if (random.chance(0.05))
    person.mask = random.chance(0.5) ? jittered({0.75F, 0.86F, 0.92F}, 0.05, random)
                                     : jittered({0.12F, 0.12F, 0.12F}, 0.05, random);
}

/// At most one thing for each hand, and shoulders that carry one strap.
void draw_things(Identity& person, const Wearer& w, RandomStream& random) {
  person.is_left_handed = random.chance(0.45);
  const double young = w.is_teenager || w.is_child ? 1.7 : 1.0;
  enum class Bag { kNone, kBackpack, kShoulder };
  switch (choose<Bag>(random, {{Bag::kNone, 1.0},
                               {Bag::kBackpack, w.is_old ? 0.15 : 0.45 * young},
                               {Bag::kShoulder, w.is_child    ? 0.05
                                                : w.is_female ? 0.45
                                                              : 0.3}})) {
    case Bag::kBackpack:
      person.backpack = w.palette.thing(random);
      break;
    case Bag::kShoulder:
      person.shoulder_bag = w.palette.thing(random);
      break;
    case Bag::kNone:
      break;
  }
  person.is_bag_crossed = random.chance(0.5);
  enum class Hand { kNone, kHandbag, kLuggage, kUmbrella };
  switch (choose<Hand>(random, {{Hand::kNone, 1.0},
                                {Hand::kHandbag, w.is_child    ? 0.02
                                                 : w.is_female ? 0.38
                                                               : 0.14},
                                {Hand::kLuggage, w.is_child ? 0 : 0.06},
                                {Hand::kUmbrella, 0.045}})) {
    case Hand::kHandbag:
      person.handbag = w.palette.thing(random);
      break;
    case Hand::kLuggage:
      person.luggage = w.palette.thing(random);
      break;
    case Hand::kUmbrella:
      person.umbrella = w.palette.thing(random);
      break;
    case Hand::kNone:
      break;
  }
}

}  // namespace

void set_pattern(Fabric& fabric, Pattern pattern, const Palette& palette, RandomStream& random) {
  fabric.pattern = pattern;
  if (pattern == Pattern::kPlain) return;
  fabric.second = palette.beside(fabric.colour, random);
  switch (pattern) {
    case Pattern::kStripes:
      fabric.scale = between(random, 0.035, 0.13);
      break;
    case Pattern::kVerticalStripes:
      fabric.scale = between(random, 0.03, 0.08);
      break;
    case Pattern::kChecks:
      fabric.scale = between(random, 0.04, 0.12);
      break;
    case Pattern::kDots:
      fabric.scale = between(random, 0.04, 0.09);
      break;
    default:
      fabric.scale = between(random, 0.12, 0.24);
      break;
  }
  fabric.share = between(random, 0.28, 0.55);
}

void dress(Identity& person, const IdentityOptions& options, RandomStream& random) {
  const Wearer w = wearer_of(person, options, random);
  person.upper = draw_upper(w, random);
  person.lower = draw_lower(w, person.upper, random);
  person.shoes = draw_shoes(w, person, random);
  draw_head(person, w, random);
  draw_things(person, w, random);
}

}  // namespace dmf::world
