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
constexpr Values kColours[] = {"black",  "white", "gray",  "red",   "orange", "yellow", "green", "blue",
                               "purple", "pink",  "brown", "beige", "tan",    "navy",   "dark",  "light"};
constexpr Values kGender[] = {"male", "female"};
constexpr Values kAge[] = {"young", "teenager", "adult", "old"};
constexpr Values kSleeve[] = {"short", "long", "none"};
constexpr Values kUpper[] = {"shirt",   "t-shirt", "blouse", "top",  "polo shirt", "tank top",
                             "sweater", "hoodie",  "jacket", "coat", "vest"};
constexpr Values kLower[] = {"pants", "dress", "jeans", "shorts", "skirt", "leggings"};
constexpr Values kShoes[] = {"shoes", "sneakers", "boots", "sandals", "heels"};
constexpr Values kViewpoint[] = {"front", "left", "back", "right"};
constexpr Values kWeather[] = {"sunny", "cloudy", "overcast", "foggy", "neutral", "blizzard", "snowy"};
constexpr Values kIllumination[] = {"midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night"};
constexpr Values kScene[] = {"urban", "wild"};

constexpr AttributeKey kKeys[] = {
    {"age", kAge},
    {"backpack", kYesNo},
    {"bag", kYesNo},
    {"boots", kYesNo},
    {"gender", kGender},
    {"glasses", kYesNo},
    {"hair", kLength},
    {"hair_colour", kColours, true},
    {"handbag", kYesNo},
    {"hat", kYesNo},
    {"illumination", kIllumination},
    {"lower_colour", kColours, true},
    {"lower_length", kLength},
    {"lower_type", kLower},
    {"scene", kScene},
    {"shoes", kShoes},
    {"shoes_colour", kColours, true},
    {"upper_colour", kColours, true},
    {"upper_length", kLength},
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
