#include "dmf/world/fabric.h"

#include "dmf/world/noise.h"

namespace dmf::world {
namespace {

// 1 where `x` (in periods) lies in the first `share` of its period, with edges as soft as a sample is wide.
float band(float x, float share, float width) {
  const float t = x - std::floor(x);
  const float w = std::clamp(width, 1e-3F, .5F);
  const float rise = smoothstep(0, w, t), fall = smoothstep(share, share + w, t);
  const float fine = rise - fall;
  return mix(fine, share, smoothstep(.35F, .8F, width));
}

}  // namespace

FabricPaint::FabricPaint(const Fabric& fabric, uint64_t details)
    : material_(fabric.material),
      pattern_(fabric.pattern),
      colour_(linear_colour(fabric.colour)),
      second_(linear_colour(fabric.second)),
      scale_(std::max(fabric.scale, .005F)),
      share_(fabric.share),
      seed_(static_cast<uint32_t>(details ^ (details >> 32))) {}

float FabricPaint::folds() const {
  switch (material_) {
    case Material::kCotton:
      return 1.15F;
    case Material::kKnit:
      return .65F;
    case Material::kDenim:
      return .9F;
    case Material::kLeather:
      return 1;
    case Material::kNylon:
      return 1.25F;
    case Material::kWool:
      return .6F;
  }
  return 1;
}

float FabricPaint::print(const ClothPlace& place, float footprint) const {
  if (place.is_limb || place.rest.z < 0) return 0;
  const float size = std::max(scale_, .05F);
  const float x = place.rest.x / size, y = (place.along) / size;
  const float soft = footprint / size;
  const auto inside = [&](float d) { return smoothstep(soft, -soft, d); };
  switch (seed_ % 5) {
    case 0:
      return inside(std::max(std::abs(x) - .9F, std::abs(y) - .6F));
    case 1:
      return inside(std::sqrt(x * x + y * y) - .8F);
    case 2: {  // lines of letters
      const float row = y * 3.5F, letter = lattice_noise(static_cast<int>(std::floor(x * 5)),
                                                         static_cast<int>(std::floor(row)), 0, seed_);
      const float gap = band(row, .6F, soft * 3.5F);
      return inside(std::max(std::abs(x) - 1.1F, std::abs(y) - .57F)) * gap * (letter > .25F ? 1.F : 0.F);
    }
    case 3:
      return inside(std::abs(y) - .35F);  // a broad band around
    default: {
      const float angle = std::atan2(x, y), star = .55F + .3F * std::cos(5 * angle);
      return inside(std::sqrt(x * x + y * y) - star);
    }
  }
}

Vec3 FabricPaint::pattern(const ClothPlace& place, float footprint) const {
  const float u = place.across / scale_, v = place.along / scale_, w = footprint / scale_;
  switch (pattern_) {
    case Pattern::kPlain:
      return colour_;
    case Pattern::kStripes:
      return mix(colour_, second_, band(v, share_, w));
    case Pattern::kVerticalStripes:
      return mix(colour_, second_, band(u + .5F * share_, share_, w));
    case Pattern::kChecks: {
      const float both = band(u, share_, w) + band(v, share_, w);
      return mix(colour_, second_, .5F * both);
    }
    case Pattern::kDots: {
      const float row = std::floor(v), x = u + .5F * (row - 2 * std::floor(row / 2));
      const float dx = x - std::floor(x) - .5F, dy = v - row - .5F;
      const float radius = std::sqrt(share_ / 3.1416F);
      const float inside = smoothstep(radius + w, radius - w, std::sqrt(dx * dx + dy * dy));
      return mix(colour_, second_, mix(inside, share_, smoothstep(.4F, .9F, w)));
    }
    case Pattern::kPrint:
      return mix(colour_, second_, print(place, footprint));
  }
  return colour_;
}

Paint FabricPaint::at(const ClothPlace& place, float footprint) const {
  Paint surface{pattern(place, footprint), .04F};
  const float fine = std::clamp(1.5F - footprint / .004F, 0.F, 1.F);
  switch (material_) {
    case Material::kCotton:
      break;
    case Material::kKnit: {
      const float ribs = std::sin(place.across * 2 * 3.1416F / .016F);
      surface.colour =
          surface.colour * (1 + .10F * fine * ribs) * mix(.9F, 1.1F, value_noise(place.rest * 60, seed_));
      break;
    }
    case Material::kDenim: {
      const float worn = place.is_limb ? .25F * smoothstep(.09F, 0, std::abs(place.across)) *
                                             smoothstep(.75F, .25F, place.along)
                                       : 0;
      surface.colour = surface.colour * (mix(.8F, 1.2F, value_noise(place.rest * 90, seed_)) * (1 + worn)) +
                       Vec3{1, 1, 1} * (.05F * worn);
      break;
    }
    case Material::kLeather:
      surface.gloss = .35F;
      break;
    case Material::kNylon: {
      surface.gloss = .22F;
      break;
    }
    case Material::kWool:
      surface.colour = surface.colour * mix(.85F, 1.15F, value_noise(place.rest * 75, seed_));
      surface.gloss = 0;
      break;
  }
  return surface;
}

Vec3 fold_slope(Vec3 rest, uint32_t seed) {
  // Soft folds run down, creases aslant; where these lie is bent by the former.
  const NoiseSlope soft = value_noise_slope({rest.x * 11, rest.y * 4.5F, rest.z * 11}, seed);
  const Vec3 down{soft.slope.x * 11, soft.slope.y * 4.5F, soft.slope.z * 11};
  const float bend = 1.6F * soft.value;
  const NoiseSlope n = value_noise_slope(
      {rest.x * 8 + rest.y * 7 + bend, rest.y * 15 - rest.x * 7, rest.z * 8 + bend}, seed + 1);
  const Vec3 aslant = (Vec3{8, 7, 0} + 1.6F * down) * n.slope.x + Vec3{-7, 15, 0} * n.slope.y +
                      (Vec3{0, 0, 8} + 1.6F * down) * n.slope.z;
  return .05F * down + (n.value > .5F ? .044F : -.044F) * aslant;
}

}  // namespace dmf::world
