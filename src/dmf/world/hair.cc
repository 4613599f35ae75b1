#include "dmf/world/hair.h"

#include "dmf/world/noise.h"

namespace dmf::world {
namespace {

// The hairline seen from the side: by z (back to front), the height above the chin.
constexpr Knot kLine[] = {{-.11F, .03F},  {-.05F, .038F}, {-.02F, .06F},  {-.008F, .1F},  {.006F, .112F},
                          {.025F, .118F}, {.04F, .155F},  {.055F, .176F}, {.075F, .188F}, {.1F, .192F}};

float skull(Vec3 q) { return ellipsoid(q, {0, .138F, -.012F}, {.0745F, .092F, .096F}); }

// What stays free for the face, from the forehead down.
float face_opening(const Identity& identity, Vec3 q) {
  const float top =
      identity.has_fringe ? .148F : .182F - .02F * std::abs(q.x - .03F * identity.hair_parting) / .05F;
  const float side = .058F - .012F * smoothstep(.10F, .17F, q.y);
  return std::max({q.y - top, std::abs(q.x) - side, .018F - q.z});
}

// The back of head and clothes that long hair lies on.
float back_z(const Figure& f, const Outfit& outfit, float y) {
  const float nape = f.head_z - .09F * f.head_scale(), low = std::min(y, f.shoulder_y);
  const Loft::Section body = f.trunk.at(low), cloth = outfit.upper.at(low);
  const float back = std::min(body.centre - body.back, cloth.centre - cloth.back) - .006F;
  return mix(back, std::min(nape, back + .02F), smoothstep(f.shoulder_y, f.chin + .05F, y));
}

float curtain(const Identity& identity, const Figure& f, const Outfit& outfit, Vec3 p, float bottom) {
  const Vec3 q = f.head_local(p);
  // Around the head, down to the chin or the hair's end …
  const float low = std::max((bottom - f.chin) / f.head_scale(), -.03F);
  const float flare = .012F * smoothstep(.12F, .02F, q.y);
  const float a = std::abs(q.x) / (.088F + flare), b = (q.z + .022F) / (q.z > -.022F ? .085F : .098F + flare);
  float around = (std::sqrt(a * a + b * b) - 1) * .085F;
  around = std::max(smooth_max(around, low - q.y, .045F), q.y - .14F);
  float d = smooth_min(skull(q) - .017F, around, .03F) * f.head_scale();
  // … and down the back.
  if (bottom < f.chin - .03F) {
    const float u = f.head_scale(), y = std::clamp(p.y, bottom, f.chin + .09F * u);
    const float share = std::max(0.F, (f.chin - y) / (f.chin - bottom));
    const float top = smoothstep(f.chin - .05F, f.chin + .09F * u, y);
    const float width = (.085F - .022F * share * share - .02F * top) * u, thick = mix(.028F, .012F, top);
    const float ax = p.x / width, az = (p.z - back_z(f, outfit, y)) / thick;
    const float k = std::sqrt(ax * ax + az * az),
                g = std::sqrt(ax * ax / (width * width) + az * az / (thick * thick));
    const float slab =
        std::max(smooth_max(k * (k - 1) / std::max(g, 1e-3F), bottom - p.y, .03F), p.y - f.chin - .09F * u);
    d = smooth_min(d, slab, .04F);
  }
  return std::max(d, -face_opening(identity, q) * f.head_scale());
}

float combed_back(const Identity& identity, const Figure& f, Vec3 q) {
  return std::max(skull(q) - .009F, -.8F * hair_growth(identity, q)) * f.head_scale();
}

float ponytail(const Identity& identity, const Figure& f, const Outfit& outfit, Vec3 p) {
  const Vec3 q = f.head_local(p);
  const float s = f.head_scale(), bottom = hair_bottom(identity, f);
  const Vec3 knot{0, f.chin + .165F * s, f.head_z - .105F * s}, bend = knot + Vec3{0, -.045F, -.045F} * s;
  const Vec3 end{0, bottom, std::min(back_z(f, outfit, bottom) - .02F, bend.z + .03F)};
  float d = smooth_min(combed_back(identity, f, q), cone_capsule(p, knot, bend, .020F * s, .028F * s), .01F);
  return smooth_min(d, cone_capsule(p, bend, end, .028F * s, .014F * s), .02F);
}

}  // namespace

float hair_growth(const Identity& identity, Vec3 q) {
  float line = curve(kLine, q.z);
  if (q.z > .03F) line += .25F * (std::abs(q.x) > .03F ? .03F - std::abs(q.x) : 0) * .5F;
  if (identity.has_fringe && q.z > .045F) line = .150F;
  if (q.z > .05F) line += .006F * std::sin(140 * q.x + 5 * identity.hair_parting);
  return q.y - line;
}

bool has_hair_shape(const Identity& identity) {
  return identity.hair != HairStyle::kBald && identity.hair != HairStyle::kCropped;
}

float hair_bottom(const Identity& identity, const Figure& figure) {
  const float ear = figure.chin + .08F * figure.head_scale();
  const bool hangs = identity.hair == HairStyle::kBob || identity.hair == HairStyle::kLong ||
                     identity.hair == HairStyle::kPonytail;
  return hangs ? ear - std::max(identity.hair_length, .03F) : figure.chin + .02F;
}

float hair_distance(const Identity& identity, const Figure& f, const Outfit& outfit, Vec3 p) {
  const Vec3 q = f.head_local(p);
  const float s = f.head_scale();
  float d = 0;
  switch (identity.hair) {
    case HairStyle::kBald:
    case HairStyle::kCropped:
      return skull(q) * s + .01F;
    case HairStyle::kShort: {
      const float top = smoothstep(.13F, .21F, q.y), fringe = smoothstep(.02F, .09F, q.z) * top;
      const float swept = .010F * q.x / .07F * identity.hair_parting * top;
      d = std::max(skull(q) - .009F - .017F * top - .008F * fringe - swept,
                   -.75F * hair_growth(identity, q)) *
          s;
      break;
    }
    case HairStyle::kBob:
    case HairStyle::kLong:
      d = curtain(identity, f, outfit, p, hair_bottom(identity, f));
      break;
    case HairStyle::kPonytail:
      d = ponytail(identity, f, outfit, p);
      break;
    case HairStyle::kBun:
      d = smooth_min(combed_back(identity, f, q), (length(q - Vec3{0, .185F, -.115F}) - .04F) * s, .012F);
      break;
    case HairStyle::kCurly: {
      const float curls = value_noise(q * 38, static_cast<uint32_t>(identity.details)) - .5F;
      const float volume = .022F + .032F * smoothstep(.05F, .15F, q.y) + .022F * curls;
      d = std::max(skull(q) - volume, -.7F * hair_growth(identity, q) - .008F - .02F * curls) * s;
      break;
    }
  }
  // A hat presses it down.
  if (identity.hat != HatType::kNone) d = std::max(d, std::min(skull(q) - .006F, q.y - .13F) * s);
  return d;
}

float hat_distance(const Identity& identity, const Figure& f, Vec3 p) {
  const Vec3 q = f.head_local(p);
  const float s = f.head_scale();
  const float edge = .152F + .25F * q.z;  // higher in front
  switch (identity.hat) {
    case HatType::kNone:
      break;
    case HatType::kCap: {
      const float crown = std::max(skull(q) - .015F, edge - q.y);
      const float curve_down = .4F * q.x * q.x / .07F;
      const float brim = ellipsoid({q.x, q.y + curve_down, q.z}, {0, .172F, .105F}, {.068F, .011F, .075F});
      return smooth_min(crown, std::max(brim, .04F - q.z), .008F) * s;
    }
    case HatType::kBeanie: {
      const float crown = std::max(skull(q - Vec3{0, .008F, -.004F}) - .017F, edge - .012F - q.y);
      const float roll = std::max(skull(q) - .024F, std::abs(q.y - edge - .012F) - .022F);
      return smooth_min(crown, roll, .01F) * s;
    }
    case HatType::kBrimmed: {
      const Vec3 r{q.x, q.y, q.z + .012F};
      const float radius = std::sqrt(r.x * r.x / (.079F * .079F) + r.z * r.z / (.1F * .1F));
      const float crown =
          std::max({(radius - 1 + .9F * std::max(0.F, q.y - .17F)) * .08F, q.y - .262F, .165F - q.y});
      const float droop = .5F * r.x * r.x;
      const float brim = ellipsoid({r.x, r.y - droop, r.z}, {0, .172F, 0}, {.145F, .012F, .165F});
      return smooth_min(crown, brim, .012F) * s;
    }
  }
  return 1;
}

}  // namespace dmf::world
