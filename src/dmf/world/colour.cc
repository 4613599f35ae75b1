#include "dmf/world/colour.h"

#include <cmath>

namespace dmf::world {

float linear_from_srgb(float value) {
  if (value <= 0.04045F) return value / 12.92F;
  return std::pow((value + 0.055F) / 1.055F, 2.4F);
}

float srgb_from_linear(float value) {
  if (value <= 0.0031308F) return value * 12.92F;
  return 1.055F * std::pow(value, 1 / 2.4F) - 0.055F;
}

Colour linear_from_srgb(const Colour& c) {
  return {linear_from_srgb(c.red), linear_from_srgb(c.green), linear_from_srgb(c.blue)};
}

Colour srgb_from_linear(const Colour& c) {
  return {srgb_from_linear(c.red), srgb_from_linear(c.green), srgb_from_linear(c.blue)};
}

}  // namespace dmf::world
