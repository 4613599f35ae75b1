#include "dmf/world/palette.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace dmf::world {
namespace {

/// A word and one colour it is used for; a word may have several.
struct NamedColour {
  std::string_view name;
  Colour colour;
};

constexpr Colour rgb(int red, int green, int blue) {
  return {static_cast<float>(red) / 255, static_cast<float>(green) / 255, static_cast<float>(blue) / 255};
}

constexpr NamedColour kVocabulary[] = {
    {"black", rgb(12, 12, 13)},          {"black", rgb(38, 38, 40)},
    {"black", rgb(34, 28, 24)},          {"dark gray", rgb(74, 75, 78)},
    {"gray", rgb(118, 118, 120)},        {"gray", rgb(146, 146, 148)},
    {"light gray", rgb(190, 191, 193)},  {"white", rgb(232, 232, 232)},
    {"white", rgb(252, 252, 252)},       {"navy", rgb(24, 30, 62)},
    {"navy", rgb(38, 46, 84)},           {"dark blue", rgb(28, 52, 118)},
    {"navy", rgb(8, 10, 120)},           {"maroon", rgb(126, 10, 14)},
    {"blue", rgb(40, 84, 178)},          {"blue", rgb(62, 112, 200)},
    {"blue", rgb(70, 100, 150)},         {"light blue", rgb(140, 180, 222)},
    {"light blue", rgb(170, 196, 220)},  {"blue", rgb(20, 60, 210)},
    {"turquoise", rgb(40, 160, 165)},    {"turquoise", rgb(90, 200, 195)},
    {"turquoise", rgb(20, 110, 115)},    {"dark green", rgb(24, 60, 36)},
    {"dark green", rgb(40, 84, 56)},     {"green", rgb(44, 130, 64)},
    {"green", rgb(84, 170, 84)},         {"green", rgb(30, 170, 50)},
    {"light green", rgb(160, 210, 150)}, {"olive", rgb(94, 96, 50)},
    {"olive", rgb(122, 122, 66)},        {"lime green", rgb(160, 210, 50)},
    {"yellow", rgb(236, 208, 52)},       {"yellow", rgb(240, 222, 120)},
    {"yellow", rgb(205, 170, 40)},       {"yellow", rgb(192, 146, 48)},
    {"yellow", rgb(214, 206, 124)},      {"orange", rgb(232, 126, 38)},
    {"orange", rgb(214, 98, 50)},        {"orange", rgb(240, 155, 70)},
    {"red", rgb(200, 34, 40)},           {"red", rgb(222, 62, 60)},
    {"red", rgb(170, 40, 44)},           {"maroon", rgb(92, 24, 34)},
    {"maroon", rgb(118, 36, 48)},        {"pink", rgb(236, 160, 180)},
    {"pink", rgb(226, 110, 150)},        {"pink", rgb(240, 195, 200)},
    {"purple", rgb(106, 58, 142)},       {"purple", rgb(140, 80, 170)},
    {"dark purple", rgb(62, 34, 78)},    {"light purple", rgb(184, 160, 210)},
    {"purple", rgb(160, 50, 130)},       {"brown", rgb(98, 66, 42)},
    {"brown", rgb(126, 86, 56)},         {"dark brown", rgb(58, 40, 28)},
    {"tan", rgb(174, 138, 96)},          {"tan", rgb(196, 160, 116)},
    {"beige", rgb(218, 204, 176)},       {"beige", rgb(232, 222, 200)},
    {"beige", rgb(198, 184, 156)},
};

constexpr NamedColour kHair[] = {
    {"black", rgb(20, 18, 17)},    {"black", rgb(36, 28, 24)},  {"brown", rgb(66, 44, 30)},
    {"brown", rgb(98, 68, 44)},    {"brown", rgb(128, 92, 60)}, {"blond", rgb(170, 134, 84)},
    {"blond", rgb(206, 174, 122)}, {"red", rgb(134, 58, 28)},   {"red", rgb(164, 78, 40)},
    {"gray", rgb(122, 120, 118)},  {"gray", rgb(90, 88, 87)},   {"white", rgb(205, 203, 200)},
};

std::string_view nearest_name(std::span<const NamedColour> vocabulary, const Colour& colour,
                              float* distance) {
  const auto far = [&](const NamedColour& n) { return colour_distance(n.colour, colour); };
  const auto best = std::ranges::min_element(vocabulary, {}, far);
  if (distance != nullptr) *distance = far(*best);
  return best->name;
}

float cube_root_of_lab(float t) { return t > 0.008856F ? std::cbrt(t) : 7.787F * t + 16.0F / 116; }

Colour mixed(const Colour& a, const Colour& b, double share) {
  const auto s = static_cast<float>(share);
  return {a.red + (b.red - a.red) * s, a.green + (b.green - a.green) * s, a.blue + (b.blue - a.blue) * s};
}

Colour gray_of(double value, RandomStream& random) {
  return colour_from_hsv(random.uniform(), random.uniform(0, 0.06), value);
}

Colour neutral(RandomStream& random) {
  const double kind = random.uniform();
  if (kind < 0.30) return gray_of(random.uniform(0.05, 0.15), random);
  if (kind < 0.42) return gray_of(random.uniform(0.2, 0.4), random);
  if (kind < 0.55) return gray_of(random.uniform(0.42, 0.75), random);
  if (kind < 0.72) return gray_of(random.uniform(0.86, 0.97), random);
  if (kind < 0.86)
    return colour_from_hsv(random.uniform(0.60, 0.65), random.uniform(0.45, 0.75),
                           random.uniform(0.18, 0.38));
  return colour_from_hsv(random.uniform(0.07, 0.11), random.uniform(0.2, 0.5), random.uniform(0.35, 0.85));
}

/// Hues as shops have them: more red and blue than lime.
Colour bright(RandomStream& random) {
  constexpr std::array kHues{0.0, 0.0,  0.99, 0.04, 0.08, 0.13, 0.15, 0.3,  0.36, 0.42,
                             0.5, 0.55, 0.6,  0.62, 0.64, 0.75, 0.8,  0.92, 0.95};
  const double hue = kHues[static_cast<size_t>(random.integer(kHues.size()))] + random.uniform(-0.025, 0.025);
  const double kind = random.uniform();
  if (kind < 0.55) return colour_from_hsv(hue, random.uniform(0.6, 0.92), random.uniform(0.5, 0.92));
  if (kind < 0.78) return colour_from_hsv(hue, random.uniform(0.5, 0.85), random.uniform(0.22, 0.45));
  return colour_from_hsv(hue, random.uniform(0.2, 0.45), random.uniform(0.7, 0.95));
}

}  // namespace

Colour colour_from_hsv(double hue, double saturation, double value) {
  const auto part = [&](double shift) {
    const double place = (hue + shift - std::floor(hue + shift)) * 6;
    const double fall = std::clamp(std::min(place, 4 - place), 0.0, 1.0);
    return static_cast<float>(value * (1 - saturation * fall));
  };
  return {part(5.0 / 6), part(3.0 / 6), part(1.0 / 6)};
}

Lab lab_from_srgb(const Colour& colour) {
  const Colour light = linear_from_srgb(colour);
  const float x = 0.4124F * light.red + 0.3576F * light.green + 0.1805F * light.blue;
  const float y = 0.2126F * light.red + 0.7152F * light.green + 0.0722F * light.blue;
  const float z = 0.0193F * light.red + 0.1192F * light.green + 0.9505F * light.blue;
  const float fx = cube_root_of_lab(x / 0.9505F), fy = cube_root_of_lab(y), fz = cube_root_of_lab(z / 1.089F);
  return {116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)};
}

float colour_distance(const Colour& first, const Colour& second) {
  const Lab p = lab_from_srgb(first), q = lab_from_srgb(second);
  return std::hypot(p.lightness - q.lightness, p.a - q.a, p.b - q.b);
}

std::string_view colour_name(const Colour& colour) { return nearest_name(kVocabulary, colour, nullptr); }

std::string_view hair_colour_name(const Colour& colour) {
  constexpr float kDyed = 28;
  float distance = 0;
  const std::string_view name = nearest_name(kHair, colour, &distance);
  return distance < kDyed ? name : colour_name(colour);
}

std::span<const std::string_view> colour_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const NamedColour& each : kVocabulary) all.push_back(each.name);
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  return names;
}

Colour Palette::upper(RandomStream& random) const {
  return random.chance(0.25 + 0.65 * vividness_) ? bright(random) : neutral(random);
}

Colour Palette::lower(RandomStream& random) const {
  if (random.chance(0.08 + 0.35 * vividness_)) return bright(random);
  return mixed(neutral(random), {}, random.uniform(0, 0.4));
}

Colour Palette::denim(RandomStream& random) const {
  const double kind = random.uniform();
  if (kind < 0.12) return gray_of(random.uniform(0.08, 0.2), random);
  if (kind < 0.2) return gray_of(random.uniform(0.35, 0.6), random);
  const double value = random.uniform(0.25, 0.72);
  return colour_from_hsv(random.uniform(0.585, 0.635), random.uniform(0.35, 0.65) - 0.25 * (value - 0.3),
                         value);
}

Colour Palette::leather(RandomStream& random) const {
  if (random.chance(0.5)) return gray_of(random.uniform(0.05, 0.14), random);
  return colour_from_hsv(random.uniform(0.04, 0.085), random.uniform(0.45, 0.7), random.uniform(0.2, 0.55));
}

Colour Palette::shoe(RandomStream& random) const {
  const double kind = random.uniform();
  if (kind < 0.36) return gray_of(random.uniform(0.05, 0.15), random);
  if (kind < 0.60) return gray_of(random.uniform(0.85, 0.97), random);
  if (kind < 0.74) return leather(random);
  return random.chance(vividness_) ? bright(random) : neutral(random);
}

Colour Palette::suit(RandomStream& random) const {
  const double kind = random.uniform();
  if (kind < 0.35) return gray_of(random.uniform(0.06, 0.14), random);
  if (kind < 0.6)
    return colour_from_hsv(random.uniform(0.6, 0.65), random.uniform(0.4, 0.65), random.uniform(0.18, 0.38));
  if (kind < 0.9) return gray_of(random.uniform(0.22, 0.6), random);
  return colour_from_hsv(0.09, random.uniform(0.25, 0.45), random.uniform(0.35, 0.7));
}

Colour Palette::thing(RandomStream& random) const {
  const double kind = random.uniform();
  if (kind < 0.35) return gray_of(random.uniform(0.05, 0.15), random);
  if (kind < 0.5) return leather(random);
  return random.chance(0.4 + 0.5 * vividness_) ? bright(random) : neutral(random);
}

Colour Palette::beside(const Colour& other, RandomStream& random) const {
  constexpr float kClearly = 32;
  for (int trial = 0; trial < 12; ++trial) {
    const double kind = random.uniform();
    const Colour colour = kind < 0.4   ? gray_of(random.uniform(0.86, 0.97), random)
                          : kind < 0.6 ? gray_of(random.uniform(0.05, 0.15), random)
                                       : upper(random);
    if (colour_distance(colour, other) > kClearly) return colour;
  }
  return lab_from_srgb(other).lightness > 50 ? Colour{0.08F, 0.08F, 0.09F} : Colour{0.93F, 0.93F, 0.92F};
}

Colour draw_skin(RandomStream& random) {
  constexpr std::array kTones{rgb(240, 208, 186), rgb(228, 184, 152), rgb(204, 154, 116),
                              rgb(168, 118, 82),  rgb(122, 82, 56),   rgb(82, 54, 40)};
  constexpr std::array kShares{0.24, 0.5, 0.74, 0.86, 0.94, 1.0};
  const double kind = random.uniform();
  size_t tone = 0;
  while (kind > kShares[tone]) ++tone;
  const size_t next = std::min(tone + 1, kTones.size() - 1);
  return jittered(mixed(kTones[tone], kTones[next], random.uniform(0, 0.9)), 0.02, random);
}

Colour draw_hair_colour(const Colour& skin, double grayness, bool may_be_dyed, RandomStream& random) {
  if (random.chance(grayness)) return gray_of(random.uniform(0.36, 0.82), random);
  if (may_be_dyed && random.chance(0.03)) return bright(random);
  const bool is_fair = lab_from_srgb(skin).lightness > 74;
  const double kind = is_fair ? random.uniform() : random.uniform(0, 0.55);
  if (kind < 0.42) return jittered(rgb(26, 21, 19), 0.02, random);
  if (kind < 0.62) return jittered(rgb(58, 39, 27), 0.03, random);
  if (kind < 0.8) return jittered(rgb(106, 74, 48), 0.05, random);
  if (kind < 0.94) return jittered(rgb(192, 156, 104), 0.07, random);
  return jittered(rgb(150, 68, 34), 0.04, random);
}

Colour jittered(const Colour& colour, double amount, RandomStream& random) {
  const auto moved = [&](float part) {
    return std::clamp(part + static_cast<float>(random.uniform(-amount, amount)), 0.0F, 1.0F);
  };
  const float red = moved(colour.red), green = moved(colour.green), blue = moved(colour.blue);
  return {red, green, blue};
}

}  // namespace dmf::world
