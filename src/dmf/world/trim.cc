#include "dmf/world/trim.h"

#include "dmf/world/noise.h"

namespace dmf::world {

Trim::Trim(const Identity& identity) {
  const auto seed = static_cast<uint32_t>(identity.details >> 9);
  const auto draw = [&](int which) { return lattice_noise(which, 7, 0, seed); };
  const UpperType type = identity.upper.type;
  const bool sporty = type == UpperType::kTShirt || type == UpperType::kSweater ||
                      type == UpperType::kHoodie || type == UpperType::kJacket;
  if (sporty && identity.upper.fabric.pattern == Pattern::kPlain) {
    const float kind = draw(0);
    upper_ = kind < .12F   ? Upper::kYoke
             : kind < .24F ? Upper::kSleeves
             : kind < .40F ? Upper::kBadge
             : kind < .46F ? Upper::kHem
                           : Upper::kNone;
  }
  side_stripe_ = identity.lower.type != LowerType::kJeans && identity.upper.type != UpperType::kSuit &&
                 identity.lower.fabric.pattern == Pattern::kPlain && draw(1) < .15F;
  constexpr Vec3 kColours[] = {{.75F, .75F, .73F}, {.03F, .03F, .035F}, {.3F, .3F, .31F},
                               {.5F, .04F, .04F},  {.04F, .09F, .35F},  {.7F, .45F, .05F}};
  colour_ = kColours[static_cast<size_t>(draw(2) * 5.99F)];
}

Vec3 Trim::upper(Vec3 colour, const ClothPlace& place, const Figure& f, float hem, float soft) const {
  const float outside = .0785F;  // of a sleeve, a quarter turn from its front
  // Large pieces are of another shade only, so that the garment's colour stays what it is called.
  const Vec3 shade =
      colour.x + colour.y + colour.z > .25F ? colour * .4F : colour * 1.6F + Vec3{.05F, .05F, .055F};
  switch (upper_) {
    case Upper::kNone:
      break;
    case Upper::kYoke: {
      const float edge = mix(f.hip_y, f.shoulder_y, .8F),
                  height = place.is_limb ? edge + .06F - place.along : place.rest.y;
      return mix(colour, shade, smoothstep(edge - soft, edge + soft, height));
    }
    case Upper::kSleeves:
      return place.is_limb ? mix(colour, colour_, line(place.across - outside, .012F, soft)) : colour;
    case Upper::kBadge: {
      const Vec3 p = place.rest;
      const bool on = !place.is_limb && p.z > 0 && std::abs(p.x - .07F) < .024F &&
                      std::abs(p.y - mix(f.hip_y, f.shoulder_y, .8F)) < .018F;
      return on ? colour_ : colour;
    }
    case Upper::kHem:
      return place.is_limb
                 ? colour
                 : mix(colour, shade, smoothstep(hem + .12F + soft, hem + .12F - soft, place.rest.y));
  }
  return colour;
}

Vec3 Trim::lower(Vec3 colour, const ClothPlace& place, float soft) const {
  return side_stripe_ ? mix(colour, colour_, line(place.across - .118F, .013F, soft)) : colour;
}

}  // namespace dmf::world
