#include "dmf/world/outfit.h"

namespace dmf::world {
namespace {

// Room between body and cloth, in metres, by kind: what even a tight one has.
float upper_ease(UpperType type) {
  switch (type) {
    case UpperType::kTankTop:
      return .003F;
    case UpperType::kTShirt:
      return .005F;
    case UpperType::kShirt:
      return .007F;
    case UpperType::kSweater:
      return .012F;
    case UpperType::kHoodie:
      return .015F;
    case UpperType::kJacket:
      return .020F;
    case UpperType::kCoat:
      return .024F;
    case UpperType::kSuit:
      return .015F;
    case UpperType::kDress:
      return .005F;
  }
  return .01F;
}

// The outline at a height of the body and of what is worn on the legs: the trunk, below it both legs in the
// rest pose.
Loft::Section envelope(const Figure& f, const Outfit& outfit, float y) {
  Loft::Section s = f.trunk.at(std::max(y, f.crotch));
  const auto widen = [&s](float width, float front, float back) {
    s.width = std::max(s.width, width);
    s.front = std::max(s.front, front - s.centre);
    s.back = std::max(s.back, back + s.centre);
  };
  if (outfit.has_lower && y < outfit.lower.top && y > outfit.lower.bottom) {
    const Loft::Section hips = outfit.lower.at(y);
    widen(hips.width, hips.centre + hips.front, hips.back - hips.centre);
  }
  if (y >= f.crotch) return s;
  const float along = (f.hip.y - y) / -f.leg.direction.y;
  const float radius = outfit.has_lower && !outfit.is_skirt && along < outfit.lower_end
                           ? outfit.trouser.radius_at(along)
                           : f.leg.radius_at(along);
  const float outside = f.hip.x + f.leg.direction.x * along + radius;
  const float join = smoothstep(f.crotch, f.crotch - .08F * f.height, y);
  s.width = mix(s.width, outside, join);
  // Two round legs side by side fill more than the ellipse around them.
  const float depth = 1.16F * radius;
  s.front = mix(s.front, depth, join);
  s.back = mix(s.back, depth, join);
  s.centre = mix(s.centre, 0, join);
  widen(1.04F * outside, depth, depth);
  return s;
}

struct Drape {
  float ease;
  float slope;      // how fast cloth may come closer to the axis on its way down: 0 hangs straight, 1 clings
  float from;       // above it the cloth follows the body
  float flare = 0;  // of what is below `flare_top`: metres of radius a metre
  float flare_top = 0;
};

// Cloth lies on the body above and hangs from its widest places below.
void hang(const Figure& f, const Outfit& under, const Drape& drape, Loft& loft) {
  Loft::Section last;
  for (int i = Loft::kLevels - 1; i >= 0; --i) {
    const float y = loft.level_y(i);
    const float step = (loft.top - loft.bottom) / (Loft::kLevels - 1) * drape.slope;
    Loft::Section s = envelope(f, under, y);
    s.width += drape.ease, s.front += drape.ease, s.back += drape.ease;
    if (i < Loft::kLevels - 1 && y < drape.from) {
      const float front = last.centre + last.front - step, back = last.centre - last.back + step;
      s.width = std::max(s.width, last.width - step);
      s.front = std::max(s.front, front - s.centre);
      s.back = std::max(s.back, s.centre - back);
    }
    if (y < drape.flare_top) {
      const float add = drape.flare * (loft.top - loft.bottom) / (Loft::kLevels - 1);
      s.width = std::max(s.width, last.width + add);
      s.front = std::max(s.front, last.front + add);
      s.back = std::max(s.back, last.back + add);
    }
    loft.levels[i] = last = s;
  }
}

void hang(const Limb& body, float ease, float slope, float from, Limb& cloth) {
  cloth = body;
  const float step = body.extent / (Limb::kLevels - 1) * slope;
  for (int i = 0; i < Limb::kLevels; ++i) {
    float radius = body.radius[i] + ease;
    if (i > 0 && static_cast<float>(i) / (Limb::kLevels - 1) > from)
      radius = std::max(radius, cloth.radius[i - 1] - step);
    cloth.radius[i] = radius;
    cloth.shift[i] *= 1 - .7F * (radius - body.radius[i]) / std::max(radius, .01F);
  }
}

// Metres of radius a metre down; what is long is not as wide.
float flare_rate(float straight, float wide, float flare, float drop) {
  return mix(straight, wide * std::min(1.F, .42F / std::max(drop, .1F)), flare);
}

// Whether a shirt is worn inside the trousers or the skirt: a habit of the identity.
bool tucks(const Identity& identity) {
  const UpperType type = identity.upper.type;
  const bool shirt = type == UpperType::kShirt && !identity.upper.is_open;
  const bool light = type == UpperType::kTShirt || type == UpperType::kTankTop;
  const auto habit = static_cast<int>(identity.details >> 20 & 7);
  return (shirt && habit < 3) || (light && habit < (identity.lower.type == LowerType::kSkirt ? 4 : 1));
}

void make_upper(const Identity& identity, const Figure& f, Outfit& outfit) {
  const Upper& upper = identity.upper;
  const float ease = upper_ease(upper.type) + .018F * upper.looseness;
  const float rise = f.shoulder_y - f.hip_y;
  outfit.upper_hem = f.leg_y(upper.hem);
  outfit.is_tucked = outfit.has_lower && tucks(identity);
  if (outfit.is_tucked) outfit.upper_hem = outfit.lower.top - .015F;
  outfit.has_tail = outfit.upper_hem < f.crotch - .035F * f.height;
  outfit.tail_top = f.hip_y;
  outfit.upper.top = f.hip_y + 1.19F * rise;
  outfit.upper.bottom = outfit.upper_hem;
  Drape drape{ease, mix(.55F, .02F, upper.looseness), f.hip_y + .75F * rise};
  if (upper.type == UpperType::kDress) {
    drape.slope = 1;
    drape.flare_top = f.waist - .04F;
    drape.flare = flare_rate(.02F, .42F, upper.flare, drape.flare_top - outfit.upper_hem);
    outfit.flare_waves = .02F * upper.flare;
  } else if (outfit.has_tail) {
    drape.flare_top = f.waist;
    drape.flare = flare_rate(.03F, .3F, upper.flare, drape.flare_top - outfit.upper_hem);
    outfit.flare_waves = .012F * upper.flare;
  }
  hang(f, outfit, drape, outfit.upper);
  hang(f.arm, ease * .65F, mix(.3F, .05F, upper.looseness), .1F, outfit.sleeve);
  switch (upper.sleeve) {
    case Sleeve::kNone:
      outfit.sleeve_end = 0;
      break;
    case Sleeve::kShort:
      outfit.sleeve_end = f.upper_arm * (.62F + .22F * upper.looseness);
      break;
    case Sleeve::kLong:
      outfit.sleeve_end = f.arm.extent + .004F;
      break;
  }
  const bool collared = upper.type == UpperType::kShirt || upper.type == UpperType::kSuit;
  const bool outer = upper.type == UpperType::kJacket || upper.type == UpperType::kCoat;
  outfit.collar = collared ? .018F * f.height : outer ? .024F * f.height : 0;
  outfit.has_hood = upper.type == UpperType::kHoodie;
}

void make_lower(const Identity& identity, const Figure& f, Outfit& outfit) {
  const Lower& lower = identity.lower;
  const float rise = f.shoulder_y - f.hip_y;
  outfit.has_lower = identity.upper.type != UpperType::kDress;
  outfit.is_skirt = outfit.has_lower && lower.type == LowerType::kSkirt;
  outfit.lower_hem = f.leg_y(lower.length);
  const bool clings = lower.type == LowerType::kLeggings;
  const float ease = clings ? .002F : .004F + .011F * lower.looseness;
  outfit.lower.top = f.hip_y + .24F * rise;
  if (outfit.is_skirt) {
    outfit.lower.bottom = outfit.lower_hem;
    hang(f, Outfit{.has_lower = false},
         {ease, .06F, f.hip_y + .1F, flare_rate(-.02F, .42F, lower.flare, f.hip_y - outfit.lower_hem),
          f.hip_y + .05F},
         outfit.lower);
    outfit.flare_waves = .022F * lower.flare;
    return;
  }
  outfit.lower.bottom = f.crotch - .015F;
  hang(f, Outfit{.has_lower = false}, {ease, 1, f.hip_y, 0, 0}, outfit.lower);
  const float slope = clings                             ? 9.F
                      : lower.type == LowerType::kShorts ? .02F
                                                         : mix(.085F, .028F, lower.looseness);
  hang(f.leg, ease, slope, .12F, outfit.trouser);
  outfit.lower_end = f.leg.extent * lower.length;
}

// Wide hems wave around the person; `depth` grows towards the hem.
float waves(const Loft& loft, float from, float depth, Vec3 p) {
  if (depth <= 0 || p.y > from) return 0;
  const float share = (from - p.y) / std::max(from - loft.bottom, .05F);
  return depth * share * std::sin(8 * std::atan2(p.x, p.z));
}

}  // namespace

Outfit make_outfit(const Identity& identity, const Figure& figure) {
  Outfit outfit;
  make_lower(identity, figure, outfit);
  const float skirt_waves = outfit.flare_waves;
  make_upper(identity, figure, outfit);
  if (outfit.is_skirt) outfit.flare_waves = skirt_waves;
  if (identity.shoes.type == ShoeType::kBoots)
    outfit.shaft = std::max(.06F, figure.shin * identity.shoes.shaft);
  // Wide trousers fall over the boots.
  if (!outfit.over_trousers && outfit.has_lower && !outfit.is_skirt && identity.lower.length > .7F)
    outfit.shaft = std::min(outfit.shaft, .05F);
  return outfit;
}

float upper_distance(const Figure& f, const Outfit& outfit, Vec3 p) {
  const Vec3 q{std::abs(p.x), p.y, p.z};
  const float h = f.height;
  float d = outfit.upper.distance(q);
  // Over the hips it lies on what is worn there, whose outline is no ellipse.
  if (outfit.has_lower && q.y < outfit.lower.top)
    d = smooth_min(d,
                   std::max({lower_distance(f, outfit, p) - .007F, outfit.upper_hem - q.y,
                             q.y - outfit.lower.top + .02F}),
                   .02F);
  if (outfit.has_tail && !outfit.is_skirt) d -= waves(outfit.upper, outfit.tail_top, outfit.flare_waves, p);
  if (outfit.sleeve_end > 0) {
    d = smooth_min(d, outfit.sleeve.distance(q, outfit.sleeve_end), .025F * h);
  } else {
    // Without sleeves the cloth ends inside the shoulder joint.
    const float inside = f.shoulder.x - .012F * h - .12F * std::max(0.F, q.y - f.shoulder_y + .03F * h);
    d = std::max(d, std::min(q.x - inside, q.y - f.shoulder_y + .085F * h));
  }
  if (outfit.collar > 0) {
    const Vec3 base{0, f.neck_y - .045F * h, -.014F * h}, top{0, f.neck_y + .085F * h, .002F * h};
    const float ring = capsule(q, base, top, f.neck_radius + .012F);
    d = smooth_min(d, std::max(ring, q.y - .35F * -q.z - (f.neck_y + outfit.collar)), .01F);
  }
  if (outfit.has_hood)
    d = smooth_min(d, ellipsoid(q, {0, f.neck_y - .006F * h, -.05F * h}, {.068F * h, .04F * h, .04F * h}),
                   .03F);
  return d;
}

float lower_distance(const Figure& f, const Outfit& outfit, Vec3 p) {
  if (!outfit.has_lower) return 1;
  const Vec3 q{std::abs(p.x), p.y, p.z};
  float d = outfit.lower.distance(q);
  if (outfit.is_skirt) return d - waves(outfit.lower, f.hip_y, outfit.flare_waves, p);
  return smooth_min(d, outfit.trouser.distance(q, outfit.lower_end), .02F * f.height);
}

float shoe_distance(const Figure& f, const Identity& identity, const Outfit& outfit, Vec3 p) {
  const float s = f.foot_length / .262F, fine = mix(.86F, 1.F, f.male);
  const Vec3 q = (Vec3{std::abs(p.x), p.y, p.z} - Vec3{f.ankle.x, 0, f.ankle.z}) * (1 / s);
  const float width = .046F * fine;
  float d = ellipsoid(q, {.002F, .030F, .122F}, {width, .042F, .078F});
  d = smooth_min(d, ellipsoid(q, {0, .034F, .005F}, {width * .8F, .05F, .058F}), .05F);
  d = smooth_min(d, cone_capsule(q, {0, .05F, .03F}, {0, .034F, .13F}, .034F * fine, .030F * fine), .02F);
  d = std::max(d, -q.y) * s;
  const Vec3 left{std::abs(p.x), p.y, p.z};
  if (identity.shoes.type == ShoeType::kHeels)
    return std::max(d, p.y - .055F - .25F * std::max(0.F, .02F - q.z));
  const float top = outfit.shaft > 0 ? f.ankle.y + outfit.shaft : f.ankle.y + .012F;
  const float along = f.leg.along(left);
  const Vec3 axis = f.leg.from + f.leg.direction * std::clamp(along, 0.F, f.leg.extent + .02F);
  float radius = f.leg.radius_at(along) + .01F;
  if (outfit.over_trousers && along < outfit.lower_end)
    radius = std::max(radius, outfit.trouser.radius_at(along) + .007F);
  const float leg = length(left - axis) - radius;
  return smooth_min(d, std::max({leg, p.y - top, .02F - p.y}), .025F);
}

}  // namespace dmf::world
