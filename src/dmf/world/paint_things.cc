#include "dmf/world/noise.h"
#include "dmf/world/paint.h"

namespace dmf::world {

Paint Painter::shoe(Vec3 p) const {
  const Figure& f = g_.figure;
  const ShoeType type = identity_.shoes.type;
  const float x = std::abs(p.x) - f.ankle.x, z = p.z - f.ankle.z;
  const float tread = type == ShoeType::kSneakers ? .026F : .014F;
  if (p.y < tread) return {sole_, .05F};
  if (type == ShoeType::kSandals) {
    const bool bands = std::abs(z - .11F - .3F * std::abs(x)) < .016F || std::abs(z - .035F) < .014F ||
                       (p.y > .06F && z < 0);
    return bands ? Paint{shoes_, .1F} : face_.skin(p);
  }
  if (type == ShoeType::kHeels && z > -.01F && z < .11F && p.y > .04F)
    return identity_.lower.has_tights ? Paint{tights_, .1F} : face_.skin(p);
  Paint surface{shoes_, type == ShoeType::kSneakers ? .08F : .3F};
  if (type == ShoeType::kSneakers) {
    if (std::abs(x) < .022F && z > .045F && z < .115F && std::fmod(z + 1, .018F) < .009F)
      surface.colour = sole_;
    const uint64_t trim = identity_.details % 3;
    if (trim == 0 && std::abs(std::abs(x) - .036F) < .02F && std::abs(z - .06F - .6F * (p.y - .05F)) < .012F)
      surface.colour = sole_;
  } else if (p.y > f.ankle.y + .03F && std::abs(x) < .02F && z > .0F) {
    surface.colour = surface.colour * .75F;
  }
  return surface;
}

Paint Painter::hat(Vec3 p) const {
  const Vec3 q = g_.figure.head_local(p);
  Paint surface{hat_, .05F};
  if (identity_.hat == HatType::kBrimmed && q.y > .178F && q.y < .198F) surface.colour = hat_ * .3F;
  if (identity_.hat == HatType::kCap) {
    const float angle = std::atan2(q.x, q.z + .01F);
    surface.colour = surface.colour * (1 - .2F * line(std::sin(3 * angle), .05F, .05F));
    if (q.z > .07F && q.y > .185F && std::abs(q.x) < .022F && q.y < .215F && identity_.details % 2 == 0)
      surface.colour = mix(hat_, hat_.y > .3F ? Vec3{.05F, .05F, .08F} : Vec3{.7F, .7F, .7F}, .8F);
    if (q.z > .075F && q.y < .183F) surface.colour = surface.colour * .8F;
  }
  if (identity_.hat == HatType::kBeanie)
    surface.colour =
        surface.colour * (1 + .15F * std::sin(60 * std::atan2(q.x, q.z + .01F)) * (q.y < .18F ? 1.F : .5F));
  return surface;
}

Paint Painter::thing(LayerKind kind, Vec3 p, Vec3 normal) const {
  const auto shaded = [](Vec3 colour, float amount, float gloss) {
    return Paint{colour * amount, gloss, {}};
  };
  switch (kind) {
    case LayerKind::kScarf: {
      const float knit = value_noise(p * 55, seed_);
      const bool striped = identity_.details % 4 == 0 && std::fmod(p.y + 10, .07F) < .02F;
      Paint scarf = shaded(striped ? scarf_ * .35F + Vec3{.1F, .1F, .1F} : scarf_, .75F + .5F * knit, 0);
      scarf.folds = fold_slope(p * 1.6F, seed_) * .8F;
      return scarf;
    }
    case LayerKind::kBackpack: {
      const float top = g_.figure.shoulder_y, y = (top - p.y) / g_.figure.height;
      const float zip = std::max({line(y - .06F, .0012F, .002F), line(y - .125F, .0012F, .002F)});
      const bool trim = y > .19F || (normal.z < -.6F && std::abs(p.x) < .012F && y < .05F);
      return shaded(
          trim ? backpack_ * .55F : backpack_,
          (1 - .6F * zip * (normal.z < .1F ? 1.F : 0.F)) * mix(.93F, 1.07F, value_noise(p * 40, seed_)), .1F);
    }
    case LayerKind::kShoulderBag: {
      const float flap = line(p.y - g_.figure.hip_y + .03F, .003F, .003F);
      return shaded(shoulder_bag_, (1 - .5F * flap) * mix(.9F, 1.1F, value_noise(p * 25, seed_)), .2F);
    }
    case LayerKind::kHandbag: {
      const bool handle = p.y > -.135F;
      return shaded(handle ? handbag_ * .7F : handbag_, (1 - .35F * line(p.y + .18F, .003F, .003F)), .25F);
    }
    case LayerKind::kLuggage: {
      const float bottom = -kLuggageHandle + .05F;
      if (p.y > -.3F) return p.y > -.04F ? Paint{{.02F, .02F, .02F}, .2F} : Paint{{.35F, .35F, .37F}, .4F};
      if (p.y < bottom + .01F) return {{.02F, .02F, .02F}, .1F};
      const float groove = std::abs(normal.z) > .5F
                               ? .3F * line(std::fmod(std::abs(p.x) + .02F, .06F) - .03F, .004F, .003F)
                               : 0;
      return shaded(luggage_, 1 - groove, .3F);
    }
    case LayerKind::kUmbrella: {
      const float radius = std::sqrt(p.x * p.x + p.z * p.z);
      if (radius < .03F && p.y < .45F) return {{.05F, .05F, .05F}, .3F};
      if (normal.y < -.3F) return shaded(umbrella_, .45F, 0);
      const float rib = line(std::sin(4 * std::atan2(p.x, p.z)), .06F, .05F);
      return shaded(umbrella_, 1 - .3F * rib, .12F);
    }
    default:
      return {};
  }
}

}  // namespace dmf::world
