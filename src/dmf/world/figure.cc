#include "dmf/world/figure.h"

namespace dmf::world {
namespace {

// Half-widths and depths of trunks in heights of the person, by place: 0 the hip joint, 1 the shoulder joint.
constexpr Knot kMaleWidth[] = {{-.2F, .078F},  {-.06F, .0965F}, {.12F, .09F},   {.33F, .084F},
                               {.52F, .0895F}, {.7F, .097F},    {.86F, .099F},  {1.F, .094F},
                               {1.07F, .083F}, {1.13F, .062F},  {1.18F, .044F}, {1.25F, .034F}};
constexpr Knot kFemaleWidth[] = {{-.2F, .084F},  {-.06F, .103F}, {.12F, .093F},  {.33F, .0745F},
                                 {.52F, .078F},  {.7F, .085F},   {.86F, .086F},  {1.F, .082F},
                                 {1.07F, .071F}, {1.13F, .052F}, {1.18F, .037F}, {1.25F, .029F}};
constexpr Knot kMaleFront[] = {{-.2F, .05F},  {-.06F, .06F},  {.12F, .061F}, {.33F, .06F},
                               {.52F, .063F}, {.7F, .068F},   {.86F, .06F},  {1.F, .049F},
                               {1.07F, .04F}, {1.13F, .034F}, {1.18F, .03F}, {1.25F, .028F}};
constexpr Knot kFemaleFront[] = {{-.2F, .05F},  {-.06F, .059F}, {.12F, .058F}, {.33F, .052F}, {.5F, .06F},
                                 {.64F, .08F},  {.74F, .072F},  {.86F, .054F}, {1.F, .043F},  {1.07F, .036F},
                                 {1.13F, .03F}, {1.18F, .027F}, {1.25F, .025F}};
constexpr Knot kMaleBack[] = {{-.2F, .056F},  {-.06F, .069F}, {.12F, .057F},  {.33F, .05F},
                              {.52F, .055F},  {.7F, .062F},   {.86F, .064F},  {1.F, .058F},
                              {1.07F, .051F}, {1.13F, .045F}, {1.18F, .041F}, {1.25F, .037F}};
constexpr Knot kFemaleBack[] = {{-.2F, .058F},  {-.06F, .075F}, {.12F, .057F},  {.33F, .046F},
                                {.52F, .05F},   {.7F, .056F},   {.86F, .058F},  {1.F, .053F},
                                {1.07F, .046F}, {1.13F, .041F}, {1.18F, .037F}, {1.25F, .033F}};
// What a heavy build adds, in the same places.
constexpr Knot kHeavyWidth[] = {{-.2F, .010F}, {0.F, .02F},  {.3F, .034F},
                                {.6F, .020F},  {.9F, .010F}, {1.1F, .004F}};
constexpr Knot kHeavyFront[] = {{-.2F, .004F}, {0.F, .02F},  {.25F, .045F},
                                {.6F, .026F},  {.9F, .006F}, {1.1F, .002F}};
constexpr Knot kHeavyBack[] = {{-.2F, .008F}, {-.06F, .015F}, {.3F, .014F}, {.7F, .014F}, {1.F, .008F}};
// Radii of limbs, by the share of the way along.
constexpr Knot kArm[] = {{0.F, .031F},   {.12F, .033F}, {.3F, .0285F},  {.5F, .0245F}, {.55F, .0242F},
                         {.64F, .0255F}, {.8F, .021F},  {.95F, .0165F}, {1.F, .0165F}};
constexpr Knot kLeg[] = {{0.F, .052F},   {.1F, .0525F},  {.25F, .047F}, {.42F, .0365F}, {.5F, .033F},
                         {.56F, .0315F}, {.68F, .0345F}, {.8F, .028F},  {.93F, .0205F}, {1.F, .021F}};
constexpr Knot kLegShift[] = {{0.F, 0.F},     {.2F, .004F},  {.5F, .003F},
                              {.68F, -.010F}, {.9F, -.006F}, {1.F, -.004F}};

void make_trunk(const Identity& identity, Figure& figure) {
  const float h = figure.height, rise = figure.shoulder_y - figure.hip_y, m = figure.male;
  const float heavy = std::max(identity.build, 0.F), slim = std::max(-identity.build, 0.F);
  const float child = identity.age == AgeGroup::kChild ? 1.F : 0.F;
  // A child's trunk is broader for its height, and straight.
  const float scale = h * (1 + .05F * child) * (1 - .07F * slim);
  figure.trunk.bottom = figure.hip_y - .2F * rise;
  figure.trunk.top = figure.hip_y + 1.25F * rise;
  for (int i = 0; i < Loft::kLevels; ++i) {
    const float t = (figure.trunk.level_y(i) - figure.hip_y) / rise;
    const float chest = smoothstep(.4F, .7F, t);
    Loft::Section s;
    s.width = mix(curve(kFemaleWidth, t), curve(kMaleWidth, t), m);
    s.width *= 1 + .05F * identity.shoulders * chest;
    s.front = mix(curve(kFemaleFront, t), curve(kMaleFront, t), child > 0 ? 1.F : m);
    s.back = mix(curve(kFemaleBack, t), curve(kMaleBack, t), m);
    s.width = (s.width + heavy * curve(kHeavyWidth, t)) * scale;
    s.front = (s.front + heavy * curve(kHeavyFront, t)) * scale;
    s.back = (s.back + heavy * curve(kHeavyBack, t)) * scale;
    s.centre = -.01F * h * smoothstep(.4F, 1.F, t) + .004F * h * smoothstep(.1F, .33F, t);
    figure.trunk.levels[i] = s;
  }
}

void make_limbs(const Identity& identity, Figure& figure) {
  const float h = figure.height, m = figure.male, build = identity.build;
  const float thick = h * mix(.9F, 1.F, m) * (1 + (build > 0 ? .2F : .13F) * build);
  figure.arm.from = figure.shoulder;
  figure.arm.direction = normalized(figure.wrist - figure.shoulder);
  figure.arm.extent = length(figure.wrist - figure.shoulder);
  figure.leg.from = figure.hip;
  figure.leg.direction = normalized(figure.ankle - figure.hip);
  figure.leg.extent = length(figure.ankle - figure.hip);
  const float leg = h * mix(1.03F, 1.F, m) * (1 + (build > 0 ? .22F : .12F) * build);
  for (int i = 0; i < Limb::kLevels; ++i) {
    const float t = static_cast<float>(i) / (Limb::kLevels - 1);
    figure.arm.radius[i] = thick * curve(kArm, t);
    figure.leg.radius[i] = mix(leg, h, .5F * t) * curve(kLeg, t);
    figure.leg.shift[i] = h * curve(kLegShift, t);
  }
}

}  // namespace

Figure make_figure(const Identity& identity) {
  Figure f;
  const float h = f.height = identity.height;
  const bool child = identity.age == AgeGroup::kChild;
  const float male = identity.gender == Gender::kMale ? 1.F : 0.F;
  f.male = child ? .5F + .3F * male : identity.age == AgeGroup::kTeenager ? .15F + .75F * male : male;
  f.sole = identity.shoes.type == ShoeType::kHeels ? .035F : .02F;
  f.head = .153F + .046F * h;
  f.chin = f.sole + h - f.head;
  f.head_z = -.012F + .013F * h;
  f.shoulder_y = f.chin - .068F * h;
  f.neck_y = f.shoulder_y + .05F * h;
  f.hip_y = f.sole + (identity.leg_share + .045F) * h;
  f.crotch = f.hip_y - .05F * h;
  f.waist = mix(f.hip_y, f.shoulder_y, .33F);
  f.neck_radius = h * mix(.03F, .0355F, f.male) * (1 + .1F * std::max(identity.build, 0.F));
  f.foot_length = .15F * h;
  const float breadth = mix(.0895F, .1025F, f.male) * (1 + .07F * identity.shoulders + .05F * identity.build);
  f.upper_arm = .17F * h, f.forearm = .145F * h;
  f.shoulder = {breadth * h, f.shoulder_y, -.008F * h};
  const Vec3 arm = normalized({.62F, -.785F, 0});
  f.elbow = f.shoulder + arm * f.upper_arm;
  f.wrist = f.elbow + arm * f.forearm;
  f.hip = {mix(.052F, .049F, f.male) * h * (1 + .15F * std::max(identity.build, 0.F)), f.hip_y, 0};
  f.ankle = {.078F * h, f.sole + .042F * h, -.012F * h};
  f.knee = mix(f.hip, f.ankle, .505F);
  f.thigh = length(f.knee - f.hip), f.shin = length(f.ankle - f.knee);
  make_trunk(identity, f);
  make_limbs(identity, f);
  return f;
}

float arm_share(const Figure& figure, Vec3 p) {
  const float s = figure.arm.along({std::abs(p.x), p.y, p.z}), h = figure.height;
  const Vec3 aside = Vec3{std::abs(p.x), p.y, p.z} - figure.arm.from - figure.arm.direction * s;
  // What hangs below the shoulder joint near the body is the armpit: it stays with the trunk.
  const float below =
      std::max(0.F, figure.arm.direction.y * aside.x - figure.arm.direction.x * aside.y) * 1.3F;
  return smoothstep(-.03F * h + below, .045F * h + below, s) *
         (1 - smoothstep(.085F * h, .12F * h, length(aside)));
}

float body_distance(const Figure& f, Vec3 p) {
  p.x = std::abs(p.x);
  const float h = f.height;
  float d = smooth_min(f.trunk.distance(p), f.arm.distance(p, f.arm.extent + .01F), .025F * h);
  d = smooth_min(d, f.leg.distance(p, f.leg.extent + .03F * h), .02F * h);
  return d;
}

float head_distance(const Figure& f, Vec3 p) {
  const Vec3 q = f.head_local({std::abs(p.x), p.y, p.z});
  float d = ellipsoid(q, {0, .138F, -.012F}, {.0745F, .092F, .096F});
  d = smooth_min(d, ellipsoid(q, {0, .06F, .022F}, {.057F, .06F, .062F}), .04F);
  d = smooth_min(d, ellipsoid(q, {0, .012F, .068F}, {.017F, .013F, .015F}), .03F);            // chin
  d = smooth_min(d, capsule(q, {0, .112F, .083F}, {0, .082F, .099F}, .0105F), .014F);         // nose
  d = smooth_min(d, capsule(q, {.012F, .127F, .081F}, {.042F, .125F, .066F}, .007F), .016F);  // brow
  d = std::max(d, .012F - length(q - Vec3{.031F, .112F, .096F}) + .004F);                     // socket
  d = smooth_min(d, ellipsoid(q, {.0755F, .105F, -.012F}, {.009F, .027F, .016F}), .006F);     // ear
  d *= f.head_scale();
  const Vec3 top{0, f.chin + .05F * f.head_scale(), f.head_z - .02F},
      base{0, f.shoulder_y - .01F, -.014F * f.height};
  return smooth_min(d, capsule({std::abs(p.x), p.y, p.z}, base, top, f.neck_radius), .02F);
}

// In the hand's own axes: a along the arm, b across the palm (forwards), c out of its back.
float hand_distance(const Figure& f, Vec3 p) {
  const Vec3 a = f.arm.direction, back = normalized(Vec3{-a.y, a.x, 0});
  const Vec3 r = p - f.wrist;
  const float s = f.height / 1.75F * mix(.93F, 1.F, f.male);
  const Vec3 q = Vec3{dot(r, back), -dot(r, a), r.z} * (1 / s);
  float d = ellipsoid(q, {0, -.045F, .002F}, {.017F, .052F, .04F});
  d = smooth_min(d, cone_capsule(q, {0, .015F, 0}, {0, -.03F, 0}, .026F, .022F), .02F);
  d = smooth_min(d, ellipsoid(q, {-.010F, -.118F, .004F}, {.013F, .056F, .034F}), .02F);
  d = smooth_min(d, cone_capsule(q, {-.004F, -.03F, .028F}, {-.014F, -.092F, .05F}, .014F, .010F), .012F);
  return d * s;
}

}  // namespace dmf::world
