#include "dmf/world/site.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "dmf/core/error.h"
#include "dmf/world/palette.h"
#include "dmf/world/surroundings.h"

namespace dmf::world {
namespace {

Vec3 light_of(const Colour& srgb) {
  const Colour c = linear_from_srgb(srgb);
  return {c.red, c.green, c.blue};
}

/// Puts a place together.
class Builder {
 public:
  Builder(const Standpoint& standpoint, RandomStream& random) : standpoint_(standpoint), random_(random) {
    site_.seed = static_cast<uint32_t>(random.bits());
  }

  void street();
  void plaza();
  void park();
  void car_park();
  void wood();
  void hall();
  void wall();
  void meadow();
  void crossing();

  Site finish() {
    const auto blocks = [&](const auto& thing) { return is_in_the_way(thing); };
    std::erase_if(site_.boxes, blocks);
    std::erase_if(site_.crowns, blocks);
    return std::move(site_);
  }

 private:
  float draw(double low, double high) { return static_cast<float>(random_.uniform(low, high)); }
  uint32_t seed() { return static_cast<uint32_t>(random_.bits()); }

  Finish make(Surface surface, Vec3 colour, double size = 1) {
    return {surface, colour, seed(), static_cast<float>(size)};
  }
  Finish gray(Surface surface, double low, double high) {
    const float value = draw(low, high), warm = draw(-.06, .1);
    return make(surface, {value * (1 + warm), value, value * (1 - warm)}, draw(.8, 1.4));
  }
  Finish wall_finish() {
    const double kind = random_.uniform();
    const Colour paint = colour_from_hsv(draw(.02, .16), draw(.05, .4), draw(.45, .92));
    if (kind < .3) return make(Surface::kPlaster, light_of(paint));
    if (kind < .5)
      return make(Surface::kBrick, light_of(colour_from_hsv(draw(.01, .06), draw(.35, .65), draw(.3, .6))),
                  draw(.9, 1.5));
    if (kind < .62) return gray(Surface::kConcrete, .2, .5);
    if (kind < .72)
      return make(Surface::kPlaster, light_of(colour_from_hsv(draw(0, 1), draw(.15, .5), draw(.3, .85))));
    return facade_finish();
  }
  Finish facade_finish() {
    const double kind = random_.uniform();
    const Vec3 paint = light_of(colour_from_hsv(draw(.02, .16), draw(.05, .4), draw(.45, .9)));
    if (kind < .5) return make(Surface::kFacade, paint, draw(.8, 1.3));
    if (kind < .8) return make(Surface::kShop, paint, draw(.7, 1.4));
    return make(Surface::kGlass, {.35F, .36F, .37F}, draw(.7, 1.5));
  }
  Finish grass() {
    return make(Surface::kGrass, light_of(colour_from_hsv(draw(.17, .28), draw(.3, .55), draw(.32, .55))));
  }
  Finish leaf() {
    return make(Surface::kHedge, light_of(colour_from_hsv(draw(.2, .36), draw(.4, .75), draw(.22, .5))));
  }
  Finish walkway() {
    const double kind = random_.uniform();
    if (kind < .55) return gray(Surface::kPaving, .22, .48);
    if (kind < .75) return gray(Surface::kCobbles, .15, .35);
    return gray(Surface::kAsphalt, .09, .25);
  }

  void box(Vec3 low, Vec3 high, const Finish& side, const Finish& top) {
    site_.boxes.push_back({low, high, side, top});
  }
  void box(Vec3 low, Vec3 high, const Finish& side) {
    box(low, high, side, gray(Surface::kConcrete, .15, .35));
  }
  void patch(float low_x, float high_x, float low_z, float high_z, const Finish& finish) {
    site_.patches.push_back({low_x, high_x, low_z, high_z, finish});
  }

  void car(float x, float z, bool is_along_z) {
    const double kind = random_.uniform();
    const Colour paint = kind < .6 ? colour_from_hsv(0, 0, draw(.05, .9))
                                   : colour_from_hsv(draw(0, 1), draw(.4, .9), draw(.2, .75));
    const Vec3 colour = light_of(paint);
    const float half_long = 2.15F, half_wide = .87F, high = draw(.85, .98), roof = draw(1.38, 1.62);
    const Vec3 half = is_along_z ? Vec3{half_wide, 0, half_long} : Vec3{half_long, 0, half_wide};
    box({x - half.x, 0, z - half.z}, {x + half.x, high, z + half.z}, make(Surface::kCarSide, colour),
        make(Surface::kPaint, colour));
    const Vec3 cabin = is_along_z ? Vec3{.75F, 0, 1.15F} : Vec3{1.15F, 0, .75F};
    box({x - cabin.x, high, z - cabin.z}, {x + cabin.x, roof, z + cabin.z},
        make(Surface::kPaint, {.03F, .035F, .04F}), make(Surface::kPaint, colour));
  }

  void tree(float x, float z, float scale = 1) {
    const float thick = draw(.1, .22) * scale, stem = draw(1.6, 3.2) * scale;
    box({x - thick, 0, z - thick}, {x + thick, stem + 1, z + thick},
        make(Surface::kBark, {.10F, .075F, .05F}));
    const float wide = draw(1.2, 2.4) * scale;
    site_.crowns.push_back({{x, stem + wide * .9F, z}, {wide, wide * draw(.8, 1.4), wide}, leaf()});
  }

  void bush(float x, float z) {
    const float wide = draw(.5, 1.3);
    site_.crowns.push_back({{x, wide * .55F, z}, {wide, wide * .8F, wide}, leaf()});
  }

  void post(float x, float z, float high) {
    const Vec3 paint = random_.chance(.5) ? Vec3{.05F, .05F, .05F} : Vec3{.3F, .3F, .3F};
    box({x - .06F, 0, z - .06F}, {x + .06F, high, z + .06F}, make(Surface::kPaint, paint));
  }

  void bench(float x, float z) {
    box({x - .8F, .36F, z - .22F}, {x + .8F, .46F, z + .22F}, make(Surface::kWood, {.2F, .12F, .06F}),
        make(Surface::kWood, {.24F, .14F, .07F}));
    box({x - .8F, .46F, z - .26F}, {x + .8F, .85F, z - .2F}, make(Surface::kWood, {.2F, .12F, .06F}));
  }

  void lane_markings(float x, float from, float to) {
    const Finish white = make(Surface::kWhitePaint, {.6F, .6F, .58F});
    for (float z = from; z < to; z += 6) patch(x - .07F, x + .07F, z, z + 3, white);
  }

  void row_of_houses(float x, bool is_to_the_right) {
    for (float z = -60; z < 60;) {
      const float wide = draw(8, 18), high = draw(6, 14), far = is_to_the_right ? x + 8 : x - 8;
      box({std::min(x, far), 0, z}, {std::max(x, far), high, z + wide}, facade_finish());
      z += wide;
    }
  }

  template <class Thing>
  bool is_in_the_way(const Thing& thing) const {
    Vec3 low, high;
    extent(thing, low, high);
    constexpr int kSteps = 16;
    for (int i = 0; i <= kSteps; ++i) {
      // Where the camera stands in the site's frame; also a little behind it.
      const float along = standpoint_.distance * 1.1F * static_cast<float>(i) / kSteps;
      const float x = -std::sin(site_.yaw) * along, z = std::cos(site_.yaw) * along;
      const float gap = std::hypot(x - std::clamp(x, low.x, high.x), z - std::clamp(z, low.z, high.z));
      if (low.y < 5 && gap < (i == 0 ? standpoint_.walk_radius : .5F * standpoint_.walk_radius + .4F))
        return true;
    }
    return false;
  }
  static void extent(const Box& box, Vec3& low, Vec3& high) { low = box.low, high = box.high; }
  static void extent(const Crown& crown, Vec3& low, Vec3& high) {
    low = crown.centre - crown.radii, high = crown.centre + crown.radii;
  }

  void turn(double low, double high) { site_.yaw = draw(low, high) * (random_.chance(.5) ? 1.F : -1.F); }
  void horizon_of(const Vec3& colour, double high) { site_.skyline = make(Surface::kPaint, colour, high); }

  const Standpoint& standpoint_;
  RandomStream& random_;
  Site site_;
};

constexpr double kRight = std::numbers::pi / 2;

void Builder::street() {
  turn(0, kRight);
  site_.ground = walkway();
  const float kerb = draw(2.4, 4), road = kerb + draw(6, 9), wall = -draw(2.3, 4.5);
  patch(kerb, kerb + .14F, -80, 80, gray(Surface::kConcrete, .3, .45));
  lane_markings((kerb + road) / 2, -40, 40);
  patch(kerb, road, -80, 80, gray(Surface::kAsphalt, .05, .13));
  row_of_houses(wall, false);
  row_of_houses(road + draw(2, 4), true);
  for (float z = -24; z < 24; z += draw(5.2, 9)) {
    if (random_.chance(.55)) car(kerb + 1.2F, z, true);
  }
  for (float z = -21; z < 24; z += 14) random_.chance(.5) ? tree(kerb - .5F, z, .8F) : post(kerb - .4F, z, 5);
  horizon_of({.25F, .25F, .27F}, 8);
}

void Builder::plaza() {
  turn(0, kRight);
  site_.ground = random_.chance(.6) ? gray(Surface::kPaving, .25, .5) : gray(Surface::kCobbles, .2, .4);
  site_.ground.size *= draw(1, 2.2);
  const float back = -draw(9, 22), side = draw(9, 20);
  box({-40, 0, back - 6}, {40, draw(6, 16), back}, facade_finish());
  box({side, 0, -40}, {side + 6, draw(5, 14), 40}, facade_finish());
  if (random_.chance(.5)) patch(-40, 40, back, back + 2.5F, gray(Surface::kPaving, .15, .3));
  for (int i = 0; i < 4; ++i) {
    const float x = draw(-8, 8), z = draw(-9, 7);
    const double kind = random_.uniform();
    if (kind < .35) {
      bench(x, z);
    } else if (kind < .7) {
      box({x - .7F, 0, z - .7F}, {x + .7F, .55F, z + .7F}, gray(Surface::kConcrete, .2, .4));
      bush(x, z);
      site_.crowns.back().centre.y += .5F;
    } else {
      tree(x, z);
    }
  }
  horizon_of({.27F, .27F, .28F}, 10);
}

void Builder::park() {
  turn(0, kRight);
  site_.ground = grass();
  const float half = draw(1.4, 2.6);
  patch(-half, half, -80, 80,
        random_.chance(.5) ? gray(Surface::kGravel, .25, .42) : gray(Surface::kAsphalt, .1, .2));
  for (int i = 0; i < 7; ++i)
    tree(draw(half + .8, 14) * (random_.chance(.5) ? 1.F : -1.F), draw(-22, 12), draw(.8, 1.3));
  if (random_.chance(.6)) {
    const float x = (half + draw(1, 5)) * (random_.chance(.5) ? 1.F : -1.F);
    box({x - .4F, 0, -40}, {x + .4F, draw(.8, 1.6), 40}, leaf(), leaf());
  }
  if (random_.chance(.5)) bench(-half - .6F, draw(-6, 2));
  horizon_of({.05F, .09F, .035F}, 9);
}

void Builder::car_park() {
  turn(0, kRight);
  site_.ground = gray(Surface::kAsphalt, .06, .16);
  const float row = -draw(3.4, 5), bay = 2.5F;
  const Finish white = make(Surface::kWhitePaint, {.55F, .55F, .53F});
  for (int i = -6; i <= 6; ++i) patch(bay * i - .06F, bay * i + .06F, row - 4.8F, row, white);
  for (int i = -6; i < 6; ++i) {
    if (random_.chance(.65)) car(bay * (static_cast<float>(i) + .5F), row - 2.4F, true);
  }
  for (int i = -3; i <= 3; ++i) {
    if (random_.chance(.4)) car(draw(5, 7), 4.9F * i, true);
  }
  const float back = row - draw(6.5, 14);
  if (random_.chance(.6)) {
    box({-40, 0, back - 5}, {40, draw(3, 12), back}, wall_finish());
  } else {
    for (int i = -4; i < 5; ++i) tree(5.F * i + draw(-1, 1), back);
  }
  for (int i = -1; i < 2; ++i) post(8.F * i, row + .2F, 6);
  horizon_of({.24F, .25F, .26F}, 7);
}

void Builder::wood() {
  turn(0, .9);
  site_.ground =
      make(Surface::kGrass, light_of(colour_from_hsv(draw(.09, .22), draw(.3, .5), draw(.22, .4))));
  const float half = draw(1.1, 2);
  patch(-half, half, -80, 80, gray(Surface::kGravel, .15, .32));
  for (int i = 0; i < 11; ++i)
    tree((half + draw(.5, 9)) * (random_.chance(.5) ? 1.F : -1.F), draw(-26, 6), draw(1.0, 1.7));
  for (int i = 0; i < 5; ++i) bush((half + draw(.4, 5)) * (random_.chance(.5) ? 1.F : -1.F), draw(-14, 4));
  horizon_of({.025F, .045F, .018F}, 16);
}

void Builder::hall() {
  turn(0, kRight);
  site_.ground = gray(Surface::kTiles, .25, .6);
  site_.ceiling = draw(3.2, 6);
  site_.ceiling_finish = gray(Surface::kPanels, .5, .75);
  const float side = -draw(2.4, 5), far = draw(4.5, 11), back = -draw(12, 34);
  const auto front = [&] {
    const double kind = random_.uniform();
    return kind < .4   ? make(Surface::kShop, {.5F, .48F, .45F}, draw(.8, 1.4))
           : kind < .6 ? make(Surface::kGlass, {.4F, .4F, .4F}, draw(.8, 1.3))
                       : gray(Surface::kPanels, .3, .65);
  };
  box({side - 2, 0, -60}, {side, site_.ceiling, 60}, front());
  box({far, 0, -60}, {far + 2, site_.ceiling, 60}, front());
  box({-60, 0, back - 2}, {60, site_.ceiling, back}, front());
  const Finish pillar = gray(Surface::kPlaster, .3, .7);
  for (float z = -24; z < 16; z += draw(5, 8)) {
    if (random_.chance(.6)) box({far - 1.6F, 0, z}, {far - 1.1F, site_.ceiling, z + .5F}, pillar);
  }
  if (random_.chance(.5))
    patch(side + 1, side + 1.35F, -60, 60,
          make(Surface::kTiles, light_of(colour_from_hsv(draw(0, 1), draw(.2, .7), draw(.2, .8)))));
  horizon_of({.4F, .4F, .4F}, 5);
}

void Builder::wall() {
  turn(0, .75);
  site_.ground = walkway();
  const float back = -draw(2.0, 4.5);
  box({-40, 0, back - 1}, {40, draw(2.4, 9), back}, wall_finish());
  patch(-40, 40, back, back + draw(.2, .6), gray(Surface::kConcrete, .15, .35));
  if (random_.chance(.5)) patch(-40, 40, 2.2F, 2.35F, gray(Surface::kConcrete, .3, .45));
  if (random_.chance(.5)) patch(-40, 40, 2.35F, 20, gray(Surface::kAsphalt, .06, .12));
  const float door = draw(-5, 5);
  box({door, 0, back}, {door + 1.1F, 2.15F, back + .06F},
      make(Surface::kWood, light_of(colour_from_hsv(draw(0, 1), draw(.2, .6), draw(.15, .5)))));
  for (int i = 0; i < 3; ++i) {
    const float x = draw(-6, 6);
    const double kind = random_.uniform();
    if (kind < .4) {
      box({x, 1, back}, {x + .8F, 2.1F, back + .04F},
          make(Surface::kShop, light_of(colour_from_hsv(draw(0, 1), .6, .7)), .2));
    } else if (kind < .7) {
      bush(x, back + .3F);
    } else {
      post(x, back + .6F, 4);
    }
  }
  horizon_of({.25F, .25F, .26F}, 7);
}

void Builder::meadow() {
  turn(0, kRight);
  site_.ground = grass();
  if (random_.chance(.6)) {
    const float half = draw(.9, 1.6);
    patch(-half, half, -80, 80, gray(Surface::kGravel, .2, .38));
  }
  const float fence = -draw(3.5, 12);
  if (random_.chance(.55)) {
    for (const float high : {.55F, 1.0F})
      box({-40, high - .07F, fence - .03F}, {40, high + .05F, fence + .03F},
          make(Surface::kPaint, {.2F, .14F, .09F}));
    for (float x = -18; x < 18; x += 2.2F)
      box({x - .06F, 0, fence - .06F}, {x + .06F, 1.2F, fence + .06F},
          make(Surface::kBark, {.17F, .12F, .08F}));
  }
  for (int i = 0; i < 4; ++i)
    random_.chance(.6) ? tree(draw(-18, 18), draw(-32, -9)) : bush(draw(-10, 10), draw(-16, 5));
  horizon_of(mix(Vec3{.045F, .085F, .03F}, Vec3{.1F, .12F, .13F}, draw(0, 1)), draw(4, 11));
}

void Builder::crossing() {
  turn(0, kRight);
  site_.ground = gray(Surface::kAsphalt, .05, .14);
  const Finish white = make(Surface::kWhitePaint, {.62F, .62F, .6F});
  for (float x = -4.2F; x < 4.2F; x += 1) patch(x, x + .5F, -1.6F, 1.8F, white);
  const float kerb = draw(5, 7);
  for (const float side : {-1.F, 1.F}) {
    patch(side > 0 ? kerb : -80, side > 0 ? 80 : -kerb, -80, -3, walkway());
    patch(side > 0 ? kerb : -80, side > 0 ? 80 : -kerb, 3.4F, 80, walkway());
  }
  lane_markings(0, -50, -4);
  const float house = kerb + draw(3, 6);
  box({house, 0, -60}, {house + 10, draw(7, 18), -4}, facade_finish());
  box({-house - 10, 0, -60}, {-house, draw(7, 18), -4}, facade_finish());
  box({-house - 10, 0, 9}, {-house, draw(7, 18), 40}, facade_finish());
  for (int i = 0; i < 4; ++i) car(draw(.5, 4) * (random_.chance(.5) ? 1.F : -1.F), -draw(4.5, 24), true);
  post(kerb + .4F, -3.4F, 4);
  post(-kerb - .4F, 3.6F, 4);
  horizon_of({.26F, .27F, .29F}, 9);
}

}  // namespace

Site draw_site(int place, const Standpoint& standpoint, RandomStream& random) {
  using Step = void (Builder::*)();
  constexpr Step kSteps[kPlaces] = {&Builder::street,   &Builder::plaza,  &Builder::park,
                                    &Builder::car_park, &Builder::wood,   &Builder::hall,
                                    &Builder::wall,     &Builder::meadow, &Builder::crossing};
  DMF_CHECK(place >= 1 && place <= kPlaces, InvalidArgument, "[draw_site] place: expected 1 … {}, got {}",
            kPlaces, place);
  Builder builder(standpoint, random);
  (builder.*kSteps[place - 1])();
  return builder.finish();
}

}  // namespace dmf::world
