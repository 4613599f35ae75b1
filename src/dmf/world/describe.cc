#include "dmf/world/describe.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "dmf/text/compose.h"
#include "dmf/world/palette.h"

namespace dmf::world {
namespace {

using text::Attributes;

// What an image must show of a part before a caption tells it.
constexpr int kLeastSamples = 40;  // about ten pixels
constexpr int kLeastSamplesGlasses = 8;
constexpr float kLeastShare = 0.25F;  // of what would be seen were nothing before it
constexpr float kLongSkirt = 0.65F, kShortSkirt = 0.42F;

std::string yes_no(bool value) { return value ? "yes" : "no"; }

/// "red and white" where a pattern shows both; of a print the ground alone.
std::string fabric_colours(const Fabric& fabric) {
  const std::string first(colour_name(fabric.colour));
  if (fabric.pattern == Pattern::kPlain || fabric.pattern == Pattern::kPrint) return first;
  const std::string second(colour_name(fabric.second));
  return first == second ? first : first + " and " + second;
}

std::string pattern_word(Pattern pattern) {
  switch (pattern) {
    case Pattern::kPlain:
      return "";
    case Pattern::kStripes:
    case Pattern::kVerticalStripes:
      return "striped";
    case Pattern::kChecks:
      return "plaid";
    case Pattern::kDots:
      return "polka dot";
    case Pattern::kPrint:
      return "printed";
  }
  return "";
}

std::string material_word(Material material) {
  switch (material) {
    case Material::kDenim:
      return "denim";
    case Material::kLeather:
      return "leather";
    default:
      return "";
  }
}

void put(Attributes& a, const std::string& key, const std::string& value) {
  if (!value.empty()) a[key] = value;
}

void describe_hair(const Identity& p, Attributes& a) {
  a["beard"] = yes_no(p.has_beard);
  if (p.hair == HairStyle::kBald) {
    a["hair_style"] = "bald";
    return;
  }
  a["hair_colour"] = hair_colour_name(p.hair_colour);
  switch (p.hair) {
    case HairStyle::kCropped:
    case HairStyle::kShort:
      a["hair"] = "short";
      break;
    case HairStyle::kBob:
      a["hair_style"] = "shoulder-length";
      break;
    case HairStyle::kCurly:
      a["hair_style"] = "curly";
      break;
    case HairStyle::kBun:
      a["hair_style"] = "bun";
      break;
    case HairStyle::kPonytail:
      a["hair_style"] = "ponytail";
      [[fallthrough]];
    default:
      a["hair"] = "long";
      break;
  }
}

std::string upper_type(UpperType type) {
  switch (type) {
    case UpperType::kTankTop:
      return "tank top";
    case UpperType::kTShirt:
      return "t-shirt";
    case UpperType::kShirt:
      return "shirt";
    case UpperType::kSweater:
      return "sweater";
    case UpperType::kHoodie:
      return "hoodie";
    case UpperType::kJacket:
      return "jacket";
    case UpperType::kCoat:
      return "coat";
    case UpperType::kSuit:
      return "suit";
    case UpperType::kDress:
      return "dress";
  }
  return "";
}

std::string length_word(float length) {
  return length > kLongSkirt ? "long" : length < kShortSkirt ? "short" : "";
}

void describe_upper(const Identity& p, Attributes& a) {
  const Upper& upper = p.upper;
  a["upper_type"] = upper_type(upper.type);
  a["upper_colour"] = fabric_colours(upper.fabric);
  put(a, "upper_pattern", pattern_word(upper.fabric.pattern));
  if (upper.type == UpperType::kJacket) put(a, "upper_material", material_word(upper.fabric.material));
  const bool has_usual_sleeves =
      upper.type != UpperType::kTShirt && upper.type != UpperType::kShirt && upper.type != UpperType::kDress;
  // Nobody says "a long-sleeved coat".
  if (!has_usual_sleeves)
    a["upper_sleeve"] = upper.sleeve == Sleeve::kNone    ? "none"
                        : upper.sleeve == Sleeve::kShort ? "short"
                                                         : "long";
  if (upper.type == UpperType::kDress || upper.type == UpperType::kCoat)
    put(a, "upper_length", length_word(upper.hem));
  if (upper.is_open) a["inner_colour"] = colour_name(upper.inner.colour);
  if (upper.type == UpperType::kSuit) a["tie"] = yes_no(upper.has_tie);
}

void describe_lower(const Identity& p, Attributes& a) {
  if (p.upper.type == UpperType::kDress) return;
  const auto type = p.lower.type;
  a["lower_type"] = type == LowerType::kTrousers ? "pants"
                    : type == LowerType::kJeans  ? "jeans"
                    : type == LowerType::kShorts ? "shorts"
                    : type == LowerType::kSkirt  ? "skirt"
                                                 : "leggings";
  a["lower_colour"] = fabric_colours(p.lower.fabric);
  put(a, "lower_pattern", pattern_word(p.lower.fabric.pattern));
  if (type == LowerType::kSkirt) put(a, "lower_length", length_word(p.lower.length));
}

void describe_shoes(const Identity& p, Attributes& a) {
  const auto type = p.shoes.type;
  a["shoes"] = type == ShoeType::kSneakers  ? "sneakers"
               : type == ShoeType::kBoots   ? "boots"
               : type == ShoeType::kSandals ? "sandals"
               : type == ShoeType::kHeels   ? "heels"
                                            : "shoes";
  a["shoes_colour"] = colour_name(p.shoes.colour);
  a["boots"] = yes_no(type == ShoeType::kBoots);
}

void describe_thing(Attributes& a, const std::string& key, const std::optional<Colour>& colour) {
  a[key] = yes_no(colour.has_value());
  if (colour) a[key + "_colour"] = colour_name(*colour);
}

/// Keys that tell about a part, taken away together where it is not seen.
void hide(Attributes& a, std::initializer_list<const char*> keys) {
  for (const char* key : keys) a.erase(key);
}

class Eye {
 public:
  explicit Eye(const Sight& sight)
      : sight_(sight), turn_(std::abs(std::remainder(sight.facing, 2 * std::numbers::pi_v<float>))) {}
  bool sees(Part part, float share = kLeastShare, int samples = kLeastSamples) const {
    const int seen = sight_.visible[static_cast<size_t>(part)], all = sight_.total[static_cast<size_t>(part)];
    return seen >= samples && static_cast<float>(seen) >= share * static_cast<float>(all);
  }
  /// Whether the angle between the person's and the camera's view is below `degrees`.
  bool faces(float degrees) const { return turn_ < degrees * std::numbers::pi_v<float> / 180; }

 private:
  const Sight& sight_;
  float turn_;
};

void hide_head(const Identity& p, const Eye& eye, Attributes& a) {
  const bool has_head = eye.sees(Part::kFace, 0) || eye.sees(Part::kHair, 0);
  if (!eye.sees(Part::kHair, 0.1F) && p.hair != HairStyle::kBald)
    hide(a, {"hair", "hair_style", "hair_colour"});
  if (p.hair == HairStyle::kBald && (p.hat != HatType::kNone || !has_head)) hide(a, {"hair_style"});
  const bool is_tied = p.hair == HairStyle::kPonytail || p.hair == HairStyle::kBun;
  if (is_tied && eye.faces(55)) hide(a, {"hair", "hair_style"});
  if (!eye.faces(80) || !eye.sees(Part::kFace, 0.3F)) hide(a, {"beard"});
  if (p.mask && eye.sees(Part::kMask)) hide(a, {"beard"});
  if (!eye.sees(Part::kHat)) hide(a, {"hat", "hat_type", "hat_colour"});
  if (!eye.faces(100) || !eye.sees(Part::kGlasses, kLeastShare, kLeastSamplesGlasses))
    hide(a, {"glasses", "sunglasses"});
  if (!eye.sees(Part::kMask)) hide(a, {"mask"});
  if (!eye.sees(Part::kScarf, 0.15F)) hide(a, {"scarf", "scarf_colour"});
}

void hide_clothes(const Identity& p, const Eye& eye, Attributes& a) {
  if (!eye.sees(Part::kUpper, 0.1F)) {
    hide(a,
         {"upper_type", "upper_colour", "upper_pattern", "upper_material", "upper_sleeve", "upper_length"});
  }
  if (p.upper.fabric.pattern == Pattern::kPrint && !eye.faces(65)) hide(a, {"upper_pattern"});
  if (!eye.sees(Part::kInner, 0.05F) || !eye.faces(75)) hide(a, {"inner_colour", "tie"});
  if (!eye.sees(Part::kLower, 0.1F)) hide(a, {"lower_type", "lower_colour", "lower_pattern", "lower_length"});
  if (!eye.sees(Part::kShoes)) hide(a, {"shoes", "shoes_colour", "boots"});
}

/// "blue" for "dark blue", "dark blue" for "navy": now and then.
std::string loosened(std::string colours, RandomStream& random) {
  for (const char* shade : {"dark ", "light "}) {
    const size_t at = colours.find(shade);
    if (at != std::string::npos && random.chance(0.2)) colours.erase(at, std::string(shade).size());
  }
  if (const size_t at = colours.find("navy"); at != std::string::npos && random.chance(0.3))
    colours.replace(at, 4, "dark blue");
  // Both may be the same word now.
  const size_t both = colours.find(" and ");
  return both != std::string::npos && colours.substr(0, both) == colours.substr(both + 5)
             ? colours.substr(0, both)
             : colours;
}

}  // namespace

Attributes describe(const Identity& p) {
  Attributes a{{"gender", p.gender == Gender::kMale ? "male" : "female"},
               {"age", p.age == AgeGroup::kChild      ? "young"
                       : p.age == AgeGroup::kTeenager ? "teenager"
                       : p.age == AgeGroup::kAdult    ? "adult"
                                                      : "old"},
               {"hat", yes_no(p.hat != HatType::kNone)},
               {"glasses", yes_no(p.glasses == GlassesType::kClear)},
               {"sunglasses", yes_no(p.glasses == GlassesType::kSun)},
               {"mask", yes_no(p.mask.has_value())}};
  describe_hair(p, a);
  if (p.hat != HatType::kNone) {
    a["hat_type"] = p.hat == HatType::kCap ? "cap" : p.hat == HatType::kBeanie ? "beanie" : "hat";
    a["hat_colour"] = colour_name(p.hat_colour);
  }
  describe_upper(p, a);
  describe_lower(p, a);
  describe_shoes(p, a);
  describe_thing(a, "backpack", p.backpack);
  describe_thing(a, "handbag", p.handbag);
  describe_thing(a, "shoulder_bag", p.shoulder_bag);
  describe_thing(a, "luggage", p.luggage);
  describe_thing(a, "umbrella", p.umbrella);
  describe_thing(a, "scarf", p.scarf);
  return a;
}

Attributes describe(const Identity& p, const Sight& sight) {
  Attributes a = describe(p);
  const Eye eye(sight);
  hide_head(p, eye, a);
  hide_clothes(p, eye, a);
  for (const auto& [key, part] : {std::pair{"backpack", Part::kBackpack},
                                  {"handbag", Part::kHandbag},
                                  {"shoulder_bag", Part::kShoulderBag},
                                  {"luggage", Part::kLuggage},
                                  {"umbrella", Part::kUmbrella}}) {
    if (eye.sees(part, 0.35F)) continue;
    a.erase(key);
    a.erase(std::string(key) + "_colour");
  }
  std::erase_if(a, [](const auto& entry) { return entry.second == "no"; });
  return a;
}

std::string write_caption(const Identity& person, const Sight& sight, RandomStream& random) {
  Attributes a = describe(person, sight);
  for (auto& [key, value] : a) {
    if (key.ends_with("_colour")) value = loosened(value, random);
  }
  return text::compose_caption(a, random);
}

}  // namespace dmf::world
