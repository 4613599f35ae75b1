#include "dmf/text/attributes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "dmf/core/error.h"

namespace dmf::text {
namespace {

using Values = std::string_view;

constexpr Values kYesNo[] = {"yes", "no"};
constexpr Values kLength[] = {"short", "long"};
constexpr Values kColours[] = {"black",      "white",       "gray",       "red",         "orange",
                               "yellow",     "green",       "blue",       "purple",      "pink",
                               "brown",      "beige",       "tan",        "navy",        "dark",
                               "light",      "olive",       "maroon",     "turquoise",   "lime green",
                               "blond",      "dark gray",   "light gray", "dark blue",   "light blue",
                               "dark green", "light green", "dark brown", "dark purple", "light purple"};
constexpr Values kGender[] = {"male", "female"};
constexpr Values kAge[] = {"young", "teenager", "adult", "old"};
constexpr Values kSleeve[] = {"short", "long", "none"};
constexpr Values kUpper[] = {"shirt",  "t-shirt", "blouse", "top",  "polo shirt", "tank top", "sweater",
                             "hoodie", "jacket",  "coat",   "vest", "suit",       "dress"};
constexpr Values kLower[] = {"pants", "dress", "jeans", "shorts", "skirt", "leggings"};
constexpr Values kShoes[] = {"shoes", "sneakers", "boots", "sandals", "heels"};
constexpr Values kViewpoint[] = {"front", "left", "back", "right"};
constexpr Values kWeather[] = {"sunny", "cloudy", "overcast", "foggy", "neutral", "blizzard", "snowy"};
constexpr Values kIllumination[] = {"midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night"};
constexpr Values kScene[] = {"urban", "wild"};
constexpr Values kPattern[] = {"striped", "plaid", "polka dot", "printed"};
constexpr Values kMaterial[] = {"leather", "denim", "knit"};
constexpr Values kHairStyle[] = {"bald", "shoulder-length", "curly", "ponytail", "bun"};
constexpr Values kHat[] = {"hat", "cap", "beanie"};

constexpr AttributeKey kKeys[] = {
    {"age", kAge},
    {"backpack", kYesNo},
    {"backpack_colour", kColours, true},
    {"bag", kYesNo},
    {"beard", kYesNo},
    {"boots", kYesNo},
    {"gender", kGender},
    {"glasses", kYesNo},
    {"hair", kLength},
    {"hair_colour", kColours, true},
    {"hair_style", kHairStyle},
    {"handbag", kYesNo},
    {"handbag_colour", kColours, true},
    {"hat", kYesNo},
    {"hat_colour", kColours, true},
    {"hat_type", kHat},
    {"illumination", kIllumination},
    {"inner_colour", kColours, true},
    {"lower_colour", kColours, true},
    {"lower_length", kLength},
    {"lower_pattern", kPattern},
    {"lower_type", kLower},
    {"luggage", kYesNo},
    {"luggage_colour", kColours, true},
    {"mask", kYesNo},
    {"scarf", kYesNo},
    {"scarf_colour", kColours, true},
    {"scene", kScene},
    {"shoes", kShoes},
    {"shoes_colour", kColours, true},
    {"shoulder_bag", kYesNo},
    {"shoulder_bag_colour", kColours, true},
    {"sunglasses", kYesNo},
    {"tie", kYesNo},
    {"umbrella", kYesNo},
    {"umbrella_colour", kColours, true},
    {"upper_colour", kColours, true},
    {"upper_length", kLength},
    {"upper_material", kMaterial},
    {"upper_pattern", kPattern},
    {"upper_sleeve", kSleeve},
    {"upper_type", kUpper},
    {"viewpoint", kViewpoint},
    {"weather", kWeather},
};

/// Parts of "black and white"; the whole where there is no " and ".
std::vector<std::string_view> split_colours(std::string_view value) {
  constexpr std::string_view kAnd = " and ";
  std::vector<std::string_view> colours;
  for (size_t at; (at = value.find(kAnd)) != std::string_view::npos; value.remove_prefix(at + kAnd.size())) {
    colours.push_back(value.substr(0, at));
  }
  colours.push_back(value);
  return colours;
}

}  // namespace

std::span<const AttributeKey> attribute_keys() { return kKeys; }

void check_attributes(const Attributes& attributes, std::string_view where) {
  for (const auto& [name, value] : attributes) {
    const auto key = std::ranges::find(kKeys, std::string_view(name), &AttributeKey::name);
    std::vector<std::string_view> names;
    for (const AttributeKey& each : kKeys) names.push_back(each.name);
    DMF_CHECK(key != std::end(kKeys), InvalidArgument, "[{}] unknown attribute '{}': expected one of {}",
              where, name, fmt::join(names, ", "));
    const auto parts = key->is_colour ? split_colours(value) : std::vector<std::string_view>{value};
    for (const std::string_view part : parts) {
      DMF_CHECK(std::ranges::find(key->values, part) != key->values.end(), InvalidArgument,
                "[{}] attribute {}: expected one of {}{}, got '{}'", where, name,
                fmt::join(key->values, ", "), key->is_colour ? " (several joined by ' and ')" : "", value);
    }
  }
}

}  // namespace dmf::text
