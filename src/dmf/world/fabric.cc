#include "dmf/world/fabric.h"

#include "dmf/world/noise.h"
#include "dmf/world/pattern.h"

namespace dmf::world {
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

Vec3 FabricPaint::pattern(const ClothPlace& place, float footprint) const {
  if (pattern_ == Pattern::kPlain) return colour_;
  if (pattern_ != Pattern::kPrint) {
    const PatternPlace at{place.across / scale_, place.along / scale_, footprint / scale_};
    return mix(colour_, second_, pattern_share(pattern_, at, share_, seed_));
  }
  if (place.is_limb || (place.rest.z < 0 && !prints_back(seed_))) return colour_;
  const float size = std::max(scale_, .05F);
  return mix(colour_, second_,
             std::min(1.F, print_share({place.rest.x / size, place.along / size, footprint / size}, seed_)));
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
