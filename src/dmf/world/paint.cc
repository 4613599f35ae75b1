#include "dmf/world/paint.h"

#include "dmf/world/noise.h"
#include "dmf/world/things.h"

namespace dmf::world {
namespace {

Vec3 colour_or_black(const std::optional<Colour>& colour) { return colour ? linear_colour(*colour) : Vec3{}; }

}  // namespace

Painter::Painter(const PersonGeometry& geometry, const Identity& identity, uint64_t seed)
    : g_(geometry),
      identity_(identity),
      face_(identity),
      trim_(identity),
      upper_(identity.upper.fabric, identity.details),
      inner_(identity.upper.inner, identity.details + 1),
      lower_(identity.upper.type == UpperType::kDress ? identity.upper.fabric : identity.lower.fabric,
             identity.details + 2),
      tights_(linear_colour(identity.lower.tights)),
      shoes_(linear_colour(identity.shoes.colour)),
      sole_(linear_colour(identity.shoes.sole)),
      sock_(linear_colour(identity.shoes.sock)),
      hat_(linear_colour(identity.hat_colour)),
      scarf_(colour_or_black(identity.scarf)),
      backpack_(colour_or_black(identity.backpack)),
      handbag_(colour_or_black(identity.handbag)),
      shoulder_bag_(colour_or_black(identity.shoulder_bag)),
      luggage_(colour_or_black(identity.luggage)),
      umbrella_(colour_or_black(identity.umbrella)),
      tie_(linear_colour(identity.upper.tie)),
      seed_(static_cast<uint32_t>(identity.details * 31 + seed % 5)) {}

ClothPlace Painter::trunk_place(Vec3 p) const {
  const Figure& f = g_.figure;
  if (arm_share(f, p) > .5F) {
    const Vec3 q{std::abs(p.x), p.y, p.z};
    const float s = f.arm.along(q);
    const Vec3 aside = q - f.arm.from - f.arm.direction * s;
    const Vec3 outside = normalized(cross(Vec3{0, 0, 1}, f.arm.direction));
    return {std::atan2(dot(aside, outside), aside.z) * .05F, s, p, true};
  }
  // Arc length around an ellipse as large as the hips.
  const float a = .098F * f.height, b = .068F * f.height, t = std::atan2(p.x * b, (p.z + .01F) * a);
  const float across = .5F * (a + b) * t + .25F * (a - b) * std::sin(2 * t);
  return {across, p.y - mix(f.hip_y, f.shoulder_y, .66F), p, false};
}

ClothPlace Painter::leg_place(Vec3 p) const {
  const Figure& f = g_.figure;
  const Vec3 q{std::abs(p.x), p.y, p.z};
  const float s = f.leg.along(q);
  const Vec3 axis = f.leg.from + f.leg.direction * s;
  return {std::atan2(q.x - axis.x, q.z - axis.z) * .075F, s, p, true};
}

// Deep near elbows, knees, the waist and the ends of long sleeves and legs.
float Painter::fold_depth(const ClothPlace& place, Vec3 p) const {
  const Figure& f = g_.figure;
  const auto near = [](float distance, float width) {
    return std::exp(-distance * distance / (width * width));
  };
  float depth = .42F;
  if (p.y < f.crotch) {
    depth += .35F * near(p.y - f.knee.y, .1F) + .4F * near(p.y - f.ankle.y - .04F, .09F);
  } else if (place.is_limb && p.y > f.waist) {
    depth += .4F * near(place.along - f.upper_arm, .08F) + .25F * near(place.along, .08F);
  } else {
    depth += .25F * near(p.y - f.hip_y - .02F, .08F) + .2F * near(p.y - f.waist, .1F);
  }
  return depth;
}

float Painter::gap(float y) const {
  const Figure& f = g_.figure;
  const float down = std::clamp((f.neck_y + .02F - y) / (f.shoulder_y - f.hip_y), 0.F, 1.6F);
  if (identity_.upper.type == UpperType::kSuit && y > f.waist) return .062F * (1 - down / .72F);
  if (identity_.upper.type == UpperType::kSuit) return .05F * smoothstep(f.waist, f.hip_y - .05F, y) - .005F;
  return .034F + .045F * down;
}

bool Painter::has_matter(Vec3 p) const {
  return !(identity_.upper.is_open && g_.outfit.has_tail && p.z > 0 && p.y < g_.figure.hip_y &&
           std::abs(p.x) < gap(p.y));
}

bool Painter::open_front(Vec3 p, float soft, Paint& surface, Part& part) const {
  const Upper& upper = identity_.upper;
  if (!upper.is_open || p.z < 0) return false;
  const Figure& f = g_.figure;
  const float half = gap(p.y), x = std::abs(p.x);
  const bool suit = upper.type == UpperType::kSuit;
  if (x > half) {
    // Lapels, and the shade of the edge.
    const float lapel =
        suit || upper.type == UpperType::kCoat ? .045F * smoothstep(f.waist, f.shoulder_y, p.y) : 0;
    surface.colour =
        surface.colour * (1 - .45F * line(x - half - lapel, .003F, soft) * (lapel > .004F ? 1.F : 0.F));
    surface.colour = surface.colour * (1 - .5F * line(x - half, .004F, soft));
    return false;
  }
  const float shade = mix(.55F, 1, smoothstep(0, .025F, half - x));
  const float neck = f.neck_y + (suit ? .03F : .0F) * f.height;
  if (p.y > neck) {
    surface = face_.skin(p);
    part = Part::kSkin;
    return true;
  }
  const ClothPlace place = trunk_place(p);
  if (suit && p.y < f.waist - .03F) {
    surface = lower_.at(place, soft);
    surface.colour = surface.colour * (.7F * shade);
    part = Part::kLower;
    return true;
  }
  part = Part::kInner;
  surface = inner_.at(place, soft);
  if (suit) {
    const float tie_half = .011F + .018F * smoothstep(f.shoulder_y + .03F, f.waist, p.y);
    if (upper.has_tie && x < tie_half && p.y < f.neck_y + .015F * f.height) surface.colour = tie_;
    surface.colour =
        surface.colour * (1 - .35F * line(p.y - f.neck_y + .01F * f.height + .6F * x, .003F, soft));
  }
  surface.colour = surface.colour * shade;
  surface.folds = fold_slope(p, seed_ + 7) * (.4F * inner_.folds());
  return true;
}

// Where the neck or the chest is bare. True when skin is seen.
bool Painter::neckline(Vec3 p, float soft, Paint& surface, Part& part) const {
  if (p.z < -.02F || identity_.upper.is_open) return false;
  const Figure& f = g_.figure;
  const float h = f.height, y = p.y - f.neck_y;
  float wide = 0, deep = 0;
  switch (identity_.upper.type) {
    case UpperType::kTankTop:
      wide = .052F * h, deep = .06F * h;
      break;
    case UpperType::kTShirt:
      wide = .042F * h, deep = mix(.035F, .018F, f.male) * h;
      break;
    case UpperType::kDress:
      wide = .048F * h, deep = .045F * h;
      break;
    case UpperType::kShirt:
      wide = .018F * h, deep = .035F * h;
      break;
    case UpperType::kSweater:
      wide = .036F * h, deep = .010F * h;
      break;
    default:
      return false;
  }
  const bool vee = identity_.upper.type == UpperType::kShirt || (identity_.details & 3) == 1;
  const float x = std::abs(p.x) / wide, down = -y / deep;
  const float inside = vee ? 1 - x - down : 1 - std::sqrt(x * x + std::max(down, 0.F) * std::max(down, 0.F));
  if (inside > 0 && p.z > .01F) {
    surface = face_.skin(p);
    surface.colour = surface.colour * mix(.7F, 1, smoothstep(0, .3F, inside));
    part = Part::kSkin;
    return true;
  }
  surface.colour = surface.colour * (1 - .3F * line(inside * deep, .003F, soft));
  return false;
}

bool Painter::strap(Vec3 p, Paint& surface, Part& part) const {
  const Figure& f = g_.figure;
  const float h = f.height, x = std::abs(p.x);
  if (identity_.backpack && p.z > -.03F * h && x < .12F * h) {
    // Down from the shoulder, then back below the arm.
    const float low = f.shoulder_y - .12F * h;
    const float aside = .062F * h + .03F * h * smoothstep(f.shoulder_y - .05F * h, low, p.y);
    const bool down = p.y > low && std::abs(x - aside) < .0165F;
    const bool back = x > aside - .015F && std::abs(p.y - low - .25F * (p.z - .1F)) < .012F;
    if (down || back) {
      surface = {backpack_ * .7F, .08F};
      part = Part::kBackpack;
      return true;
    }
  }
  if (!identity_.shoulder_bag || p.y < f.hip_y - .02F) return false;
  const float side = shoulder_bag_side(identity_),
              from = (identity_.is_bag_crossed ? -1.F : 1.F) * side * .062F * h;
  const float to = side * (g_.outfit.upper.at(f.hip_y).width + .015F);
  const float t = (f.neck_y + .01F * h - p.y) / (f.neck_y + .01F * h - f.hip_y);
  const float slope = (to - from) / (f.neck_y + .01F * h - f.hip_y);
  if (std::abs(p.x - mix(from, to, t)) < .013F * std::sqrt(1 + slope * slope)) {
    surface = {shoulder_bag_ * .65F, .1F};
    part = Part::kShoulderBag;
    return true;
  }
  return false;
}

void Painter::details_of_upper(const ClothPlace& place, Vec3 p, float soft, Paint& surface) const {
  const Upper& upper = identity_.upper;
  const Figure& f = g_.figure;
  const auto darken = [&](float amount) { surface.colour = surface.colour * (1 - amount); };
  const float end = place.is_limb ? g_.outfit.sleeve_end - place.along : p.y - g_.outfit.upper_hem;
  const bool ribbed = upper.type == UpperType::kSweater || upper.type == UpperType::kHoodie;
  if (ribbed && end < .045F) darken(.12F + .12F * line(end - .045F, .003F, soft));
  if (!ribbed) darken(.22F * line(end - .018F, .002F, soft));
  if (place.is_limb || p.z < 0) return;
  const bool closed = !upper.is_open;
  const float x = std::abs(p.x);
  if (closed && upper.type == UpperType::kShirt) {
    darken(.25F * line(p.x - .014F, .0025F, soft));
    const float button = std::fmod(p.y + 10, .085F) - .04F;
    if (x * x + button * button < .0045F * .0045F)
      surface.colour = surface.colour * .5F + Vec3{.2F, .2F, .2F};
  }
  if (closed && (upper.type == UpperType::kJacket || upper.type == UpperType::kCoat))
    darken(.4F * line(p.x, .004F, soft));
  if (upper.type == UpperType::kHoodie && closed) {
    const float top = f.hip_y + .13F, inside = x - .11F + .35F * std::max(0.F, p.y - f.hip_y - .03F);
    if (p.y < top && p.y > g_.outfit.upper_hem + .05F) darken(.3F * line(inside, .003F, soft));
    if (x < .125F) darken(.3F * line(p.y - top, .003F, soft) * (inside < 0 ? 1.F : 0.F));
    if (p.y > f.neck_y - .17F && p.y < f.neck_y - .04F && line(x - .025F, .003F, soft) > .5F)
      surface.colour = mix(surface.colour, {.6F, .6F, .6F}, .7F);
  }
  if (upper.type == UpperType::kJacket || upper.type == UpperType::kCoat || upper.type == UpperType::kSuit) {
    const float pocket = p.y - f.hip_y - .035F - .3F * (x - .1F);
    if (x > .07F && x < .14F) darken(.35F * line(pocket, .004F, soft));
  }
  if (upper.type == UpperType::kDress) darken(.2F * line(p.y - f.waist + .01F, .008F, soft));
}

Paint Painter::body(Vec3 p, Part& part) const {
  const Figure& f = g_.figure;
  if (p.y < f.hip_y + .1F && std::abs(p.x) < .3F) {
    const ShoeType type = identity_.shoes.type;
    if (identity_.lower.has_tights) {
      part = Part::kLower;
      return {tights_, .12F};
    }
    const bool socks = type == ShoeType::kSneakers || type == ShoeType::kShoes || type == ShoeType::kBoots;
    const float top =
        f.ankle.y + (type == ShoeType::kBoots
                         ? g_.outfit.shaft + .015F
                         : .05F + .1F * lattice_noise(5, 0, 0, static_cast<uint32_t>(identity_.details)));
    if (socks && p.y < top) {
      part = Part::kShoes;
      return {sock_, .02F};
    }
  }
  return face_.skin(p);
}

Paint Painter::upper(Vec3 p, float footprint, Part& part) const {
  Paint surface;
  if (strap(p, surface, part)) return surface;
  const ClothPlace place = trunk_place(p);
  surface = upper_.at(place, footprint);
  surface.colour = trim_.upper(surface.colour, place, g_.figure, g_.outfit.upper_hem, footprint);
  details_of_upper(place, p, footprint, surface);
  if (!place.is_limb && (open_front(p, footprint, surface, part) || neckline(p, footprint, surface, part)))
    return surface;
  surface.folds = fold_slope(p, seed_) * (upper_.folds() * fold_depth(place, p));
  if (identity_.upper.type == UpperType::kDress && p.y < g_.figure.hip_y) part = Part::kLower;
  return surface;
}

Paint Painter::lower(Vec3 p, float footprint) const {
  const Figure& f = g_.figure;
  const Outfit& o = g_.outfit;
  const ClothPlace place = o.is_skirt ? trunk_place(p) : leg_place(p);
  Paint surface = lower_.at(place, footprint);
  const auto darken = [&](float amount) { surface.colour = surface.colour * (1 - amount); };
  if (o.is_tucked && !o.is_skirt && identity_.lower.type != LowerType::kLeggings &&
      p.y > o.lower.top - .042F) {
    const bool buckle = p.z > 0 && std::abs(p.x) < .02F;
    const Vec3 leather =
        (identity_.details >> 24 & 1) != 0 ? Vec3{.02F, .018F, .017F} : Vec3{.11F, .055F, .025F};
    return {buckle ? Vec3{.35F, .33F, .28F} : leather, .3F};
  }
  if (o.is_skirt) {
    const float pleats = .25F * identity_.lower.flare * std::sin(34 * std::atan2(p.x, p.z)) *
                         smoothstep(o.lower.top, f.hip_y - .1F, p.y);
    surface.colour = surface.colour * (1 + pleats);
    darken(.25F * line(p.y - o.lower_hem - .02F, .002F, footprint));
    surface.folds = fold_slope(p, seed_) * (.4F * lower_.folds());
    return surface;
  }
  const bool jeans = identity_.lower.type == LowerType::kJeans;
  surface.colour = trim_.lower(surface.colour, place, footprint);
  if (identity_.lower.type != LowerType::kLeggings) {
    darken((jeans ? .3F : .18F) * line(std::abs(place.across) - .11F, .004F, footprint));
    if (p.y > f.crotch && p.z > 0) darken(.3F * line(p.x, .003F, footprint));
    const float pocket = std::abs(p.x) - .075F - .5F * (o.lower.top - .06F - p.y);
    if (p.z > 0 && p.y > f.hip_y) darken(.3F * line(pocket, .003F, footprint) * (pocket > -.03F ? 1.F : 0.F));
    const float seat =
        std::max(std::abs(std::abs(p.x) - .075F) - .05F, std::abs(p.y - f.hip_y - .015F) - .06F);
    if (p.z < 0) darken((jeans ? .35F : .2F) * line(seat, .003F, footprint));
    darken(.25F * line(place.along - o.lower_end + .022F, .002F, footprint));
  }
  if (!jeans && identity_.lower.type == LowerType::kTrousers)
    surface.colour = surface.colour * (1 + .12F * line(place.across, .004F, footprint));
  const bool clings = identity_.lower.type == LowerType::kLeggings;
  surface.folds = fold_slope(p, seed_) * (clings ? .1F : lower_.folds() * fold_depth(place, p));
  return surface;
}

Paint Painter::at(const Layer& layer, Vec3 rest, Vec3 normal, float footprint, Part& part) const {
  switch (layer.kind) {
    case LayerKind::kBody:
      return body(rest, part);
    case LayerKind::kHands:
      return face_.skin(rest);
    case LayerKind::kHead:
      return face_.at(g_.figure.head_local(rest), footprint / g_.figure.head_scale(), part);
    case LayerKind::kHair:
      return face_.hair(g_.figure.head_local(rest), rest);
    case LayerKind::kUpper:
      return upper(rest, footprint, part);
    case LayerKind::kLower: {
      Paint surface;
      return strap(rest, surface, part) ? surface : lower(rest, footprint);
    }
    case LayerKind::kShoes:
      return shoe(rest);
    case LayerKind::kHat:
      return hat(rest);
    default:
      return thing(layer.kind, rest, normal);
  }
}

}  // namespace dmf::world
