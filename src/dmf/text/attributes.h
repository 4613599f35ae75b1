#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

namespace dmf::text {

/// What is known about a person (or, with the last four keys, about one picture): key → value. An absent key
/// means "not known", never "no". Keys and values (attribute_keys() is the same table for programs):
///
///   gender        male | female
///   age           young | teenager | adult | old
///   hair          short | long
///   hair_style    bald | shoulder-length | curly | ponytail | bun
///   hair_colour   COLOUR
///   beard, hat, glasses, sunglasses, mask, scarf, tie, boots         yes | no
///   backpack, handbag, shoulder_bag, bag, luggage, umbrella          yes | no
///   hat_type      hat | cap | beanie
///   hat_colour, scarf_colour, backpack_colour, handbag_colour, shoulder_bag_colour, luggage_colour,
///   umbrella_colour        COLOUR
///   upper_type    shirt | t-shirt | blouse | top | polo shirt | tank top | sweater | hoodie | jacket |
///                 coat | vest | suit | dress
///   upper_sleeve  long | short | none
///   upper_length  long | short
///   upper_colour  COLOUR
///   upper_pattern striped | plaid | polka dot | printed
///   upper_material leather | denim | knit
///   inner_colour  COLOUR: of the shirt that shows below an open jacket or coat, or in a suit
///   lower_type    pants | dress | jeans | shorts | skirt | leggings
///   lower_length  long | short
///   lower_colour  COLOUR
///   lower_pattern as upper_pattern
///   shoes         shoes | sneakers | boots | sandals | heels
///   shoes_colour  COLOUR
///   viewpoint     front | left | back | right
///   weather       sunny | cloudy | overcast | foggy | neutral | blizzard | snowy
///   illumination  midnight | dawn | forenoon | noon | afternoon | dusk | night
///   scene         urban | wild
///
/// "bag" is any but those told by their own keys; as lower_type "dress" is a dress or a skirt: Market-1501
/// means it so. As upper_type it is a dress, and then nothing is told of a lower garment.
/// COLOUR is one of black white gray red orange yellow green blue purple pink brown beige tan navy olive
/// maroon turquoise blond, "lime green", dark, light; dark or light and gray, blue, green or purple; dark
/// brown; or several of them joined by " and " ("black and white").
using Attributes = std::map<std::string, std::string>;

/// A key of Attributes and its values; `is_colour` keys take several colours joined by " and ".
struct AttributeKey {
  std::string_view name;
  std::span<const std::string_view> values;
  bool is_colour = false;
};

/// All keys, sorted by name.
std::span<const AttributeKey> attribute_keys();

/// @throws InvalidArgument  a key or value that is not in the table above; names it, and `where`.
void check_attributes(const Attributes& attributes, std::string_view where);

/// One identity of Market-1501's 27 attributes (Lin et al. 2019, arXiv:1703.07220) as in `attributes.json`:
/// `{"age": 2, "upred": 2, "down": 2, …}`. Colour flags become upper_colour and lower_colour; no flag set: no
/// key; several: "black and white". `clothes` is lower_type, `down` lower_length, `up` upper_sleeve.
///
/// @param where  put in front of the messages, e.g. the file's name
/// @throws DataError  not an object, an unknown name, a value out of range
Attributes attributes_from_market(const nlohmann::json& identity, const std::string& where = "attributes");

/// Reads `{"0002": {"age": 2, …}, …}` → identity number → attributes.
/// @throws DataError  unreadable, not JSON (with the line), a bad or repeated identity, and what
/// attributes_from_market throws
std::map<int64_t, Attributes> read_market_attributes(const std::filesystem::path& path);

/// One identity of FineGPR's 13 attributes (Xiang et al. 2021, arXiv:2109.10498) as its README numbers them,
/// under its names in snake case: gender, hair_length, age, wear_glass, wear_short_sleeve,
/// length_of_top_clothes, wear_dress, wear_boot, wear_hat, carry_bag, color_of_shoes,
/// color_of_upper_body_clothes, color_of_lower_body_clothes.
/// @throws DataError  as attributes_from_market
Attributes attributes_from_finegpr(const nlohmann::json& identity, const std::string& where = "attributes");

/// Viewpoint, weather, illumination and scene of a FineGPR image, read from its name
/// (`0001_c01_w03_l05_p02.jpg`). The 36 viewpoints, 10 degrees apart, become the nearest of four sides.
/// @throws DataError  another form of name, a number out of range
Attributes surroundings_from_finegpr(std::string_view file_name);

}  // namespace dmf::text
