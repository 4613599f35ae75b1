#include "dmf/world/face.h"

#include "dmf/world/hair.h"
#include "dmf/world/noise.h"

namespace dmf::world {
namespace {

float ellipse(float x, float y, float width, float height) {
  return std::sqrt(x * x / (width * width) + y * y / (height * height));
}

}  // namespace

FacePaint::FacePaint(const Identity& identity)
    : identity_(identity),
      skin_(linear_colour(identity.skin)),
      hair_(linear_colour(identity.hair_colour)),
      seed_(static_cast<uint32_t>(identity.details)) {
  const auto vary = [&](int which) { return lattice_noise(which, 1, 2, seed_); };
  brow_ = hair_ * .5F + skin_ * .06F;
  const bool female = identity.gender == Gender::kFemale;
  const Vec3 red = female ? Vec3{1.05F, .45F, .45F} : Vec3{.95F, .62F, .6F};
  lips_ = skin_ * red;
  iris_ = vary(0) < .25F ? Vec3{.06F, .10F, .14F} : Vec3{.03F, .018F, .01F};
  mask_ = identity.mask ? linear_colour(*identity.mask) : Vec3{};
  eye_width_ = mix(.0125F, .0155F, vary(1));
  eye_height_ = mix(.0055F, .0075F, vary(2)) * (identity.age == AgeGroup::kChild ? 1.15F : 1.F);
  mouth_width_ = mix(.019F, .025F, vary(3));
}

Paint FacePaint::skin(Vec3 rest) const {
  return {skin_ * mix(.93F, 1.07F, value_noise(rest * 22, seed_)), .10F};
}

// Eyes, brows, mouth, beard; `soft` is the width of an edge.
Paint FacePaint::bare(Vec3 q, float soft) const {
  Paint s = skin(q);
  if (q.z < .02F) return s;
  const float x = std::abs(q.x);
  const auto lay = [&](float d, float edge, Vec3 colour, float strength) {
    s.colour = mix(s.colour, colour, strength * smoothstep(1 + edge, 1 - edge, d));
  };
  // Cheeks, the shade of the sockets, of the nose and below the lip.
  lay(ellipse(x - .038F, q.y - .078F, .022F, .018F), .9F, skin_ * Vec3{1.12F, .8F, .78F}, .5F);
  lay(ellipse(x - .031F, q.y - .115F, .022F, .014F), .6F, skin_ * .55F, .65F);
  lay(ellipse(x - .009F, q.y - .0745F, .007F, .005F), .6F, skin_ * .35F, .8F);
  lay(ellipse(x - .016F, q.y - .095F, .005F, .025F), .8F, skin_ * .7F, .5F);
  lay(ellipse(q.x, q.y - .036F, .018F, .006F), .8F, skin_ * .65F, .6F);
  if (identity_.has_beard) {
    const float jaw =
        smoothstep(.068F, .05F, q.y - .35F * std::max(0.F, x - .035F)) * smoothstep(.0F, .03F, q.z);
    const float lip = 1 - smoothstep(.9F, 1.2F, ellipse(x, q.y - .049F, .022F, .012F));
    s.colour = mix(s.colour, hair_ * 1.1F + skin_ * .06F, .85F * jaw * (1 - lip));
    lay(ellipse(x, q.y - .067F, .026F, .0065F), .4F, hair_ + skin_ * .06F, .75F);
  }
  const float edge = std::clamp(soft / .008F, .25F, 1.F);
  lay(ellipse(x, q.y - .0525F, mouth_width_, .0085F), edge, lips_, .85F);
  lay(ellipse(x, q.y - .0525F, mouth_width_, .0022F), edge * 2, lips_ * .3F, .7F);
  lay(ellipse(x - .032F, q.y - .136F - .1F * std::min(.01F, x - .032F), .019F, .0048F), edge, brow_, .85F);
  lay(ellipse(x - .031F, q.y - .113F, eye_width_ * 1.2F, eye_height_ * 1.5F), edge, skin_ * .25F, .75F);
  lay(ellipse(x - .031F, q.y - .1125F, eye_width_, eye_height_), edge, {.55F, .54F, .53F}, 1);
  lay(ellipse(x - .031F, q.y - .113F, .0062F, eye_height_ * 1.05F), edge, iris_, 1);
  return s;
}

// Mask and glasses lie on the face. True where they hide it.
bool FacePaint::cover(Vec3 q, float soft, Paint& surface, Part& part) const {
  const float x = std::abs(q.x);
  if (identity_.mask) {
    const float top = .094F - 1.0F * std::max(0.F, x - .02F) * .35F, bottom = .012F + .25F * x;
    const float inside = std::min({q.z - .012F - .2F * std::max(0.F, .06F - q.y), top - q.y,
                                   q.y - bottom + .03F * smoothstep(.03F, .06F, q.z)});
    const bool loop =
        q.z < .02F && q.z > -.02F && x > .055F && std::abs(q.y - .085F - .4F * (-q.z)) < .003F + .5F * soft;
    if (inside > 0 || loop) {
      const float pleats = inside > .004F ? 1 - .12F * smoothstep(.6F, 1, std::sin(q.y * 420)) : .8F;
      surface = {mask_ * pleats, .02F};
      part = Part::kMask;
      return true;
    }
  }
  if (identity_.glasses == GlassesType::kNone || q.y > .145F || q.y < .085F) return false;
  const bool sun = identity_.glasses == GlassesType::kSun;
  const float thick = std::max(.0028F, .6F * soft);
  if (q.z > .03F) {
    const float lens = ellipse(x - .032F, q.y - .112F, .0255F, sun ? .021F : .0185F);
    const float ring = std::abs(lens - 1) * .02F,
                bridge = std::max(std::abs(q.y - .117F) - thick * .7F, x - .01F);
    const bool arm = x > .052F && std::abs(q.y - .119F) < thick;
    if (ring < thick || bridge < 0 || arm || (sun && lens < 1)) {
      surface = {sun && lens < .9F ? Vec3{.012F, .012F, .014F} : Vec3{.02F, .018F, .017F}, .5F};
      part = Part::kGlasses;
      return true;
    }
  } else if (q.z > -.015F && std::abs(q.y - .119F) < thick) {
    surface = {{.02F, .018F, .017F}, .3F};
    part = Part::kGlasses;
    return true;
  }
  return false;
}

Paint FacePaint::at(Vec3 q, float footprint, Part& part) const {
  part = q.z > .02F && q.y > 0 ? Part::kFace : Part::kSkin;
  Paint surface;
  if (cover(q, footprint, surface, part)) return surface;
  surface = bare(q, footprint);
  const bool ear = std::abs(q.x) > .0735F && std::abs(q.y - .105F) < .033F;
  if (identity_.hair == HairStyle::kBald || ear || q.y < .02F) return surface;
  const float grown =
      smoothstep(-.5F * footprint - .002F, .5F * footprint + .002F, hair_growth(identity_, q));
  if (grown <= 0) return surface;
  const bool cropped = identity_.hair == HairStyle::kCropped;
  const Paint growth = hair(q, q);
  if (grown > .5F) part = Part::kHair;
  surface.colour =
      mix(surface.colour, cropped ? mix(growth.colour, skin_ * .5F, .25F) : growth.colour, grown);
  return surface;
}

Paint FacePaint::hair(Vec3 q, Vec3 rest) const {
  const float angle = std::atan2(q.x, -q.z - .012F);
  const bool curly = identity_.hair == HairStyle::kCurly;
  float strands = 0;
  if (curly) {
    strands = value_noise(rest * 75, seed_) - .5F + .6F * (value_noise(rest * 150, seed_) - .5F);
  } else {
    // Locks and strands run down from the crown.
    const Vec3 place{angle * 7, q.y * 14, length(Vec3{q.x, 0, q.z}) * 20};
    strands = .55F * (value_noise(place, seed_) - .5F) +
              .5F * (value_noise({angle * 26, q.y * 10, 0}, seed_ + 3) - .5F);
  }
  const Vec3 colour = hair_ * (1 + 1.1F * strands) + Vec3{1, .9F, .8F} * std::max(0.F, .012F * strands);
  return {colour, curly ? .05F : .22F};
}

}  // namespace dmf::world
