#include "dmf/world/things.h"

#include "dmf/world/skeleton.h"

namespace dmf::world {
namespace {

// A number in [0, 1) that stays the same for an identity.
float detail(const Identity& identity, int which) {
  return static_cast<float>((identity.details >> (which * 7 % 50)) % 127) / 127;
}

struct BackpackFrame {
  Vec3 centre, half;
};

BackpackFrame backpack_frame(const Figure& f, const Outfit& outfit) {
  const float rise = f.shoulder_y - f.hip_y, half_height = .41F * rise;
  const float y = f.neck_y - .02F * f.height - half_height;
  const auto back = [&](float at) {
    const Loft::Section s = outfit.upper.at(at);
    return s.centre - s.back;
  };
  const float depth = .048F * f.height;
  const float z = std::min(back(y), back(y + .5F * half_height)) - depth * .8F;
  return {{0, y, z}, {.086F * f.height, half_height, depth}};
}

Vec3 shoulder_bag_centre(const Identity& identity, const Figure& f, const Outfit& outfit) {
  const float y = f.hip_y - .01F * f.height;
  const float upper = y > outfit.upper_hem ? outfit.upper.at(y).width : 0;
  const float lower = outfit.has_lower ? outfit.lower.at(y).width : 0;
  const float side = std::max({f.trunk.at(y).width, upper, lower}) + .035F;
  return {shoulder_bag_side(identity) * side, y, -.02F};
}

}  // namespace

float shoulder_bag_side(const Identity& identity) { return identity.is_left_handed ? -1.F : 1.F; }

float backpack_distance(const Figure& f, const Outfit& outfit, Vec3 p) {
  const BackpackFrame frame = backpack_frame(f, outfit);
  const float y = (p.y - frame.centre.y) / frame.half.y;
  Vec3 q = p;
  q.x /= 1 - .14F * smoothstep(.2F, 1, y);
  float d = round_box(q, frame.centre, frame.half, .055F);
  const Vec3 pocket = frame.centre + Vec3{0, -.42F * frame.half.y, -.75F * frame.half.z};
  d = smooth_min(
      d, round_box(p, pocket, {frame.half.x * .78F, frame.half.y * .42F, frame.half.z * .6F}, .03F), .012F);
  return d;
}

Bounds backpack_box(const Figure& f, const Outfit& outfit) {
  const BackpackFrame frame = backpack_frame(f, outfit);
  const Vec3 margin = frame.half * 1.15F + Vec3{.03F, .03F, .05F};
  return {frame.centre - margin, frame.centre + margin};
}

float shoulder_bag_distance(const Identity& identity, const Figure& f, const Outfit& outfit, Vec3 p) {
  const float size = f.height / 1.75F * (.85F + .3F * detail(identity, 1));
  const Vec3 centre = shoulder_bag_centre(identity, f, outfit);
  const Vec3 q = (p - centre) * (1 / size);
  float d = round_box(q, {0, 0, 0}, {.045F, .115F, .15F}, .03F);
  d = smooth_min(d, round_box(q, {centre.x > 0 ? .03F : -.03F, .035F, 0}, {.026F, .07F, .145F}, .02F), .008F);
  return d * size;
}

Bounds shoulder_bag_box(const Identity& identity, const Figure& f, const Outfit& outfit) {
  const Vec3 centre = shoulder_bag_centre(identity, f, outfit), margin{.11F, .18F, .22F};
  return {centre - margin, centre + margin};
}

float scarf_distance(const Identity& identity, const Figure& f, const Outfit& outfit, Vec3 p) {
  const float h = f.height, y = f.neck_y + .012F * h;
  const float tilt = p.y - y + .35F * (p.z + .01F);
  const float ring_radius = f.neck_radius + .0125F * h + .08F * outfit.collar;
  const float radial = std::sqrt(p.x * p.x + (p.z + .012F) * (p.z + .012F)) - ring_radius;
  float d = std::sqrt(radial * radial + tilt * tilt * .45F) - .0165F * h;
  const float side = identity.is_left_handed ? -1.F : 1.F;
  const float low = f.neck_y - .27F * h, high = f.neck_y - .01F * h, at = std::clamp(p.y, low, high);
  const Loft::Section s = outfit.upper.at(at);
  const float z = s.centre + s.front * .97F;
  const float end = round_box({p.x - side * .035F, p.y, p.z}, {0, (low + high) / 2, z},
                              {.042F, (high - low) / 2, .017F}, .012F);
  return smooth_min(d, end, .02F) * .8F;
}

Bounds scarf_box(const Figure& f) {
  const float h = f.height;
  return {{-.16F, f.shoulder_y - .27F * h, -.16F}, {.16F, f.shoulder_y + .12F * h, .28F}};
}

float handbag_distance(const Identity& identity, Vec3 p) {
  const float size = .85F + .35F * detail(identity, 2), height = .105F * size, width = .15F * size;
  const float drop = .13F + height;
  Vec3 q = p;
  q.z /= 1 + .12F * smoothstep(0, -2 * drop, p.y);
  float d = round_box(q, {0, -drop, 0}, {.05F * size, height, width}, .028F);
  const float ring = std::sqrt(std::pow((p.y + drop - height) * .8F, 2.F) + p.z * p.z) - .095F;
  const float handle = std::sqrt(ring * ring + p.x * p.x) - .011F;
  return std::min(d, std::max(handle, -drop + height * .9F - p.y));
}

float luggage_distance(const Identity& identity, Vec3 p) {
  const float size = .85F + .3F * detail(identity, 3);
  const float bottom = -kLuggageHandle + .05F, half = .29F * size;
  const Vec3 q{std::abs(p.x), p.y, p.z};
  float d = round_box(q, {0, bottom + half, -.135F}, {.185F * size, half, .115F * size}, .045F);
  d = std::min(d, capsule(q, {.08F, 0, 0}, {.08F, bottom + half, -.02F}, .011F));
  d = std::min(d, capsule(q, {0, 0, 0}, {.08F, 0, 0}, .016F));
  return std::min(d, ellipsoid(q, {.14F * size, bottom - .01F, -.04F}, {.02F, .04F, .04F}));
}

float umbrella_distance(Vec3 p) {
  const float radius = std::sqrt(p.x * p.x + p.z * p.z);
  const float angle = std::atan2(p.x, p.z);
  const float scallop = .03F * std::abs(std::cos(4 * angle));
  const float dome = ellipsoid(p, {0, .47F, 0}, {.53F - scallop * .5F, .27F, .53F - scallop * .5F});
  float d = std::max(dome, .5F - scallop - p.y);
  d = std::min(d, capsule(p, {0, -.1F, 0}, {0, .8F, 0}, .011F));
  return std::min(d, .9F * std::max(radius - .05F, std::abs(p.y - .735F) - .012F));
}

}  // namespace dmf::world
