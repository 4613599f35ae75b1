#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/text/attributes.h"
#include "dmf/text/numbered.h"

namespace dmf::text {
namespace {

using Values = std::string_view;

constexpr Values kGender[] = {"male", "female"};
constexpr Values kLongShort[] = {"long", "short"};
constexpr Values kAge[] = {"teenager", "adult", "old"};
constexpr Values kYesNo[] = {"yes", "no"};
constexpr Values kSleeve[] = {"short", "long"};
constexpr Values kDress[] = {"dress", ""};
constexpr Values kShoes[] = {"dark", "light"};
constexpr Values kColours[] = {"black", "white", "red", "purple", "gray", "yellow", "blue", "green", "brown"};
constexpr Values kWeather[] = {"sunny", "cloudy", "overcast", "foggy", "neutral", "blizzard", "snowy"};
constexpr Values kIllumination[] = {"midnight", "dawn", "forenoon", "noon", "afternoon", "dusk", "night"};
constexpr Values kScene[] = {"urban", "urban", "wild", "urban", "wild", "urban", "urban", "wild", "urban"};

constexpr NumberedAttribute kTable[] = {
    {"gender", "gender", kGender},
    {"hair_length", "hair", kLongShort},
    {"age", "age", kAge},
    {"wear_glass", "glasses", kYesNo},
    {"wear_short_sleeve", "upper_sleeve", kSleeve},
    {"length_of_top_clothes", "upper_length", kLongShort},
    {"wear_dress", "lower_type", kDress},
    {"wear_boot", "boots", kYesNo},
    {"wear_hat", "hat", kYesNo},
    {"carry_bag", "bag", kYesNo},
    {"color_of_shoes", "shoes_colour", kShoes},
    {"color_of_upper_body_clothes", "upper_colour", kColours},
    {"color_of_lower_body_clothes", "lower_colour", kColours},
};

/// The side of the person that camera 1 to 36 sees. Camera 1 stands at 90 degrees and sees the front, camera
/// 28 at 0 degrees the left side; each next one stands 10 degrees on.
std::string_view side_of_camera(int number) {
  constexpr std::string_view kSides[] = {"left", "front", "right", "back"};
  const int degrees = (90 + (number - 1) * 10) % 360;
  return kSides[(degrees + 45) % 360 / 90];
}

}  // namespace

Attributes attributes_from_finegpr(const nlohmann::json& identity, const std::string& where) {
  return translate_numbered(identity, kTable, where);
}

Attributes surroundings_from_finegpr(std::string_view file_name) {
  const std::string_view name = file_name.substr(file_name.find_last_of('/') + 1);
  const auto fail = [&](std::string_view got) {
    return DataError(
        fmt::format("{}: not a FineGPR name: expected NNNN_c01_w01_l01_p01.jpg with c 1-36, w 1-7, l 1-7, "
                    "p 1-9, got '{}'",
                    file_name, got));
  };
  constexpr std::string_view kLetters = "cwlp";
  constexpr std::array<int, 4> kMost = {36, 7, 7, 9};
  std::array<int, 4> numbers{};
  size_t at = name.find('_');
  for (size_t i = 0; i < kLetters.size(); ++i) {
    const std::string_view part = at == std::string_view::npos ? std::string_view() : name.substr(at, 4);
    if (part.size() != 4 || part[0] != '_' || part[1] != kLetters[i]) throw fail(part);
    const auto [end, error] = std::from_chars(part.data() + 2, part.data() + 4, numbers[i]);
    if (error != std::errc() || end != part.data() + 4 || numbers[i] < 1 || numbers[i] > kMost[i])
      throw fail(part);
    at += 4;
  }
  const auto index = [&](size_t i) { return static_cast<size_t>(numbers[i]) - 1; };
  return {{"viewpoint", std::string(side_of_camera(numbers[0]))},
          {"weather", std::string(kWeather[index(1)])},
          {"illumination", std::string(kIllumination[index(2)])},
          {"scene", std::string(kScene[index(3)])}};
}

}  // namespace dmf::text
