#pragma once
#include <span>
#include <string_view>

#include "dmf/core/random.h"
#include "dmf/world/colour.h"

namespace dmf::world {

/// sRGB of hue (in turns, any number), saturation and value, each in [0, 1].
Colour colour_from_hsv(double hue, double saturation, double value);

/// A colour of CIE L*a*b* (D65), for distances that agree with what people call alike.
struct Lab {
  float lightness = 0, a = 0, b = 0;
};
Lab lab_from_srgb(const Colour& colour);

/// Euclidean distance of two colours in L*a*b* (CIE 1976): 2 is just seen, 20 are clearly different colours.
float colour_distance(const Colour& first, const Colour& second);

/// The word of the colour vocabulary that is nearest to `colour`, as in text::Attributes: "red", "dark blue",
/// "olive".
std::string_view colour_name(const Colour& colour);

/// The word for hair of this colour: black, brown, blond, gray, white or red; dyed hair by its colour's name.
std::string_view hair_colour_name(const Colour& colour);

/// The vocabulary, each word once, sorted.
std::span<const std::string_view> colour_names();

/// Colours as people wear them, drawn anew each time: names on a shelf are few, dyes are not.
class Palette {
 public:
  /// @param vividness  0 all neutral … 1 nearly all bright
  explicit Palette(double vividness) : vividness_(vividness) {}
  Colour upper(RandomStream& random) const;
  Colour lower(RandomStream& random) const;
  /// Blue of denim, sometimes black or gray.
  Colour denim(RandomStream& random) const;
  Colour leather(RandomStream& random) const;
  Colour shoe(RandomStream& random) const;
  /// Of a suit: dark blue, gray, black, seldom brown.
  Colour suit(RandomStream& random) const;
  /// Of a bag, a hat, an umbrella.
  Colour thing(RandomStream& random) const;
  /// To be seen beside `other`: white, black or any that differs clearly.
  Colour beside(const Colour& other, RandomStream& random) const;

 private:
  double vividness_;
};

Colour draw_skin(RandomStream& random);
/// @param grayness  chance that age has taken the colour
Colour draw_hair_colour(const Colour& skin, double grayness, bool may_be_dyed, RandomStream& random);

/// `colour` a little changed: each part by up to `amount`, then kept within [0, 1].
Colour jittered(const Colour& colour, double amount, RandomStream& random);

}  // namespace dmf::world
