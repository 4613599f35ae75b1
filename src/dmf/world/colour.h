#pragma once

namespace dmf::world {

/// A colour. Unless a name says otherwise it is sRGB as images hold it (not linear), each part in [0, 1].
struct Colour {
  float red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

/// Light from sRGB, each part by itself (IEC 61966-2-1), and back. Values outside [0, 1] are allowed and keep
/// their order.
float linear_from_srgb(float value);
float srgb_from_linear(float value);
Colour linear_from_srgb(const Colour& colour);
Colour srgb_from_linear(const Colour& colour);

}  // namespace dmf::world
