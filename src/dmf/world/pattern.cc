#include "dmf/world/pattern.h"

#include "dmf/world/noise.h"

namespace dmf::world {
namespace {

// 1 where `x` (in periods) lies in the first `share` of its period, with edges as soft as a sample is wide.
float band(float x, float share, float width) {
  const float t = x - std::floor(x), w = std::clamp(width, 1e-3F, .5F);
  const float fine = smoothstep(0, w, t) - smoothstep(share, share + w, t);
  return mix(fine, share, smoothstep(.35F, .8F, width));
}

float stripes(float x, float share, float width, uint32_t make) {
  if (make != 1) return band(x, share, width);
  return std::min(1.F, band(x, .7F * share, width) + band(x - .7F * share - .12F, .3F * share, width));
}

float checks(const PatternPlace& p, float share, uint32_t make) {
  const float w = p.footprint;
  if (make == 2) {  // tartan: broad half-tones and fine lines
    const float broad = .35F * (band(p.across, share, w) + band(p.along, share, w));
    return std::max({broad, band(p.across - .7F, .1F, w), band(p.along - .7F, .1F, w)});
  }
  if (make == 3) return std::max(band(p.across, .14F, w), band(p.along, .14F, w));  // window panes
  return .5F * (band(p.across, share, w) + band(p.along, share, w));
}

float dots(const PatternPlace& p, float share, uint32_t make, uint32_t seed) {
  const float row = std::floor(p.along), w = p.footprint;
  const float x = p.across + .5F * (row - 2 * std::floor(row / 2)), column = std::floor(x);
  float dx = x - column - .5F, dy = p.along - row - .5F, radius = std::sqrt(share / 3.1416F);
  if (make >= 2) {  // scattered, large and small
    const auto draw = [&](int which) {
      return lattice_noise(static_cast<int>(column), static_cast<int>(row), which, seed) - .5F;
    };
    dx += .3F * draw(1), dy += .3F * draw(2), radius *= 1 + .9F * draw(3);
    if (make == 3) radius *= 1 + .35F * std::cos(5 * std::atan2(dx, dy));  // flowers
  }
  const float inside = smoothstep(radius + w, radius - w, std::sqrt(dx * dx + dy * dy));
  return mix(inside, share, smoothstep(.4F, .9F, w));
}

}  // namespace

float pattern_share(Pattern pattern, const PatternPlace& place, float share, uint32_t seed) {
  const uint32_t make = seed >> 4 & 3;
  switch (pattern) {
    case Pattern::kPlain:
      return 0;
    case Pattern::kStripes:
      return stripes(place.along, share, place.footprint, make);
    case Pattern::kVerticalStripes:
      return stripes(place.across + .5F * share, share, place.footprint, make);
    case Pattern::kChecks:
      return checks(place, share, make);
    case Pattern::kDots:
      return dots(place, share, make, seed);
    case Pattern::kPrint:
      return print_share(place, seed);
  }
  return 0;
}

float print_share(const PatternPlace& place, uint32_t seed) {
  const float x = place.across, y = place.along, soft = place.footprint;
  const auto inside = [&](float d) { return smoothstep(soft, -soft, d); };
  const float radius = std::sqrt(x * x + y * y);
  switch (seed % 8) {
    case 0:
      return inside(std::max(std::abs(x) - .9F, std::abs(y) - .6F));
    case 1:
      return inside(std::abs(radius - .6F) - .22F) + inside(radius - .2F);
    case 2: {  // lines of letters
      const int row = static_cast<int>(std::floor(y * 3.5F)), column = static_cast<int>(std::floor(x * 5));
      const float gap = band(y * 3.5F, .6F, soft * 3.5F);
      const bool blank = lattice_noise(column, row, 0, seed) < .25F;
      return blank ? 0 : inside(std::max(std::abs(x) - 1.1F, std::abs(y) - .57F)) * gap;
    }
    case 3:
      return inside(std::abs(y) - .35F);  // a broad band around
    case 4:
      return inside(radius - .55F - .3F * std::cos(5 * std::atan2(x, y)));
    case 5:
      return inside(std::abs(x + y) - .16F) * inside(radius - 1) + inside(std::abs(radius - .95F) - .07F);
    case 6:
      return inside(std::max({y - .7F, -.7F - y, std::abs(x) - .8F * (.7F - y)}));  // a triangle
    default: {  // a badge of squares, alike left and right
      const int row = static_cast<int>(std::floor((y + .9F) * 2.8F)),
                column = static_cast<int>(std::abs(x) * 2.8F);
      const bool on = lattice_noise(column, row, 5, seed) < .55F;
      return on ? inside(std::max(std::abs(x), std::abs(y)) - .9F) : 0;
    }
  }
}

}  // namespace dmf::world
