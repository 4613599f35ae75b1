#include "dmf/world/surface.h"

namespace dmf::world {
namespace {

/// 1 where a detail of `period` metres can be seen, 0 where it is below the pixels.
float seen(float period, float footprint) { return 1 - smoothstep(.25F * period, .8F * period, footprint); }

/// Two octaves of noise around 1 by `amount`, fading with distance.
float mottle(float u, float v, float period, float amount, float footprint, uint32_t seed) {
  float value = (plane_noise(u / period, v / period, seed) - .5F);
  const float fine = seen(.35F * period, footprint);
  if (fine > 0)
    value += .6F * fine * (plane_noise(u * 3.7F / period, v * 3.7F / period, seed ^ 0x9E37U) - .5F);
  return 1 + 2 * amount * value;
}

/// A place in a grid of cells: which one, and where in it, in metres from its middle's edges.
struct Cell {
  int column, row;
  float u, v;   ///< [0, 1) in the cell
  float joint;  ///< 1 on the joint between cells
};

Cell cell_of(float u, float v, float width, float height, float joint, float footprint, float shift) {
  const float y = v / height, row = std::floor(y);
  const float x = u / width + shift * row, column = std::floor(x);
  Cell cell{static_cast<int>(column), static_cast<int>(row), x - column, y - row, 0};
  const float edge = std::min(std::min(cell.u, 1 - cell.u) * width, std::min(cell.v, 1 - cell.v) * height);
  const float soft = std::max(footprint, .002F);
  cell.joint = (1 - smoothstep(joint * .5F, joint * .5F + soft, edge)) * std::min(1.F, joint / soft + .15F) *
               seen(std::min(width, height), footprint);
  return cell;
}

float tone(const Cell& cell, uint32_t seed) { return lattice_noise(cell.column, cell.row, 5, seed); }

Shade slabs(const Finish& f, float u, float v, float footprint, float width, float height, float shift,
            float joint, float spread) {
  const Cell cell = cell_of(u, v, width * f.size, height * f.size, joint, footprint, shift);
  const float tint = 1 + spread * seen(width, footprint) * (tone(cell, f.seed) - .5F);
  const float dirt = mottle(u, v, 1.3F, .09F, footprint, f.seed + 7);
  return {f.colour * (tint * dirt * (1 - .4F * cell.joint)), {}, 0};
}

/// Rows of windows in plaster.
Shade facade(const Finish& f, float u, float v, float footprint, float lamps) {
  const float wide = 2.6F * f.size, high = 3.1F * f.size;
  const Cell cell = cell_of(u, v, wide, high, .0F, footprint, 0);
  const bool is_shop_floor = v < high * .95F;
  const float margin_u = is_shop_floor ? .08F : .27F, low = is_shop_floor ? .12F : .25F,
              top = is_shop_floor ? .82F : .8F;
  const float soft_u = std::max(footprint / wide, .01F), soft_v = std::max(footprint / high, .01F);
  const float window = smoothstep(margin_u - soft_u, margin_u + soft_u, std::min(cell.u, 1 - cell.u)) *
                       smoothstep(low - soft_v, low + soft_v, cell.v) *
                       (1 - smoothstep(top - soft_v, top + soft_v, cell.v));
  const float frame = std::abs(cell.u - .5F) < .02F + soft_u * .3F ? .5F : 1.F;
  const float dirt = mottle(u, v, 2.F, .08F, footprint, f.seed);
  const float shine = lattice_noise(cell.column, cell.row, 9, f.seed);
  const Vec3 pane = Vec3{.05F, .06F, .075F} * (.6F + 1.2F * shine);
  Shade shade{mix(f.colour * dirt, pane, window * frame), {}, .28F * window};
  if (lamps > 0 && lattice_noise(cell.column, cell.row, 11, f.seed) < .55F * lamps)
    shade.glow = Vec3{.55F, .42F, .24F} * (window * lamps * (.25F + .6F * shine));
  return shade;
}

/// Things on shelves behind a pane: boxes of many colours before the dark of a room.
Shade goods(const Finish& f, float u, float v, float footprint, float lamps) {
  constexpr float kWide = .52F, kHigh = .68F;
  const Cell shelf = cell_of(u, v, kWide, kHigh, 0, footprint, .37F);
  const auto draw = [&](int what) { return lattice_noise(shelf.column, shelf.row, what, f.seed); };
  const float soft = std::max(footprint / kWide, .03F), half = .12F + .3F * draw(1),
              high = .3F + .6F * draw(2);
  const float is_there = draw(3) < .7F ? 1.F : 0.F;
  const float item = is_there * (1 - smoothstep(half - soft, half + soft, std::abs(shelf.u - .5F))) *
                     (1 - smoothstep(high - soft, high + soft, shelf.v));
  const float light = .25F + .5F * draw(4);
  const Vec3 colour{light * (.3F + .9F * draw(5)), light * (.3F + .8F * draw(6)),
                    light * (.3F + .9F * draw(7))};
  const float board = smoothstep(.94F, .97F, shelf.v) * seen(kHigh, footprint);
  const Vec3 room = mix(Vec3{.05F, .048F, .045F}, Vec3{.2F, .17F, .13F}, board);
  const Vec3 inside = mix(room, colour, item);
  return {inside, inside * (.8F * lamps), .18F};
}

Shade shop(const Finish& f, float u, float v, float footprint, float lamps) {
  constexpr float kWide = 4.2F, kSill = .45F, kTop = 2.7F, kSign = 3.4F;
  const float wide = kWide * f.size;
  const int shop = static_cast<int>(std::floor(u / wide));
  const float hue = lattice_noise(shop, 1, 2, f.seed), other = lattice_noise(shop, 3, 4, f.seed);
  const Vec3 sign{.12F + .7F * hue, .1F + .5F * other, .12F + .6F * (1 - hue)};
  if (v > kSign) return {f.colour * mottle(u, v, 2.F, .07F, footprint, f.seed), {}, 0};
  if (v > kTop) {
    const float letters =
        seen(.3F, footprint) * (plane_noise(u * 4, v * 1.2F, f.seed + 3) > .62F ? 1.F : 0.F);
    const Vec3 board = mix(sign, {.85F, .85F, .82F}, letters);
    return {board, board * (.6F * lamps), 0};
  }
  const float x = u / wide - std::floor(u / wide);
  const bool is_pier = x < .05F || v < kSill;
  if (is_pier) return {f.colour * .7F, {}, 0};
  return goods(f, u, v - kSill, footprint, lamps);
}

Shade panes(const Finish& f, float u, float v, float footprint, float lamps) {
  const Cell cell = cell_of(u, v, 1.5F * f.size, 2.4F * f.size, .07F, footprint, 0);
  const float shine = lattice_noise(cell.column, cell.row, 3, f.seed);
  const Vec3 pane = Vec3{.06F, .075F, .085F} * (.7F + .8F * shine);
  return {mix(pane, f.colour * .6F, cell.joint), Vec3{.4F, .38F, .33F} * (.35F * lamps * shine),
          .45F * (1 - cell.joint)};
}

Shade leaves(const Finish& f, float u, float v, float footprint, float period) {
  const float clump = plane_noise(u / period, v / period, f.seed);
  const float leaf = seen(.12F, footprint) * (plane_noise(u * 11, v * 11, f.seed + 1) - .5F);
  return {f.colour * std::max(.15F, .45F + .9F * clump + .9F * leaf), {}, 0};
}

/// u runs along the car, 0 … 4.3 m; v from the ground.
Shade car_side(const Finish& f, float u, float v) {
  const auto wheel = [&](float middle) { return std::hypot(u - middle, v - .31F); };
  const float nearest = std::min(wheel(.85F), wheel(3.4F));
  if (nearest < .2F) return {{.25F, .25F, .26F}, {}, .1F};
  if (nearest < .33F) return {{.015F, .015F, .016F}, {}, 0};
  if (v < .25F) return {{.02F, .02F, .02F}, {}, 0};
  const bool is_lamp = v > .55F && v < .72F && (u < .12F || u > 4.18F);
  return is_lamp ? Shade{{.5F, .1F, .08F}, {}, .2F} : Shade{f.colour * (v > .62F ? 1.F : .8F), {}, .18F};
}

}  // namespace

Shade shade_surface(const Finish& f, float u, float v, float footprint, float lamps) {
  switch (f.surface) {
    case Surface::kAsphalt: {
      const float grain = seen(.03F, footprint) * (plane_noise(u * 70, v * 70, f.seed) - .5F) * .35F;
      return {f.colour * (mottle(u, v, 2.2F, .13F, footprint, f.seed) + grain), {}, .02F};
    }
    case Surface::kPaving:
      return slabs(f, u, v, footprint, .6F, .4F, .5F, .012F, .22F);
    case Surface::kCobbles:
      return slabs(f, u, v, footprint, .14F, .12F, .5F, .02F, .5F);
    case Surface::kTiles: {
      Shade shade = slabs(f, u, v, footprint, .8F, .8F, 0, .008F, .12F);
      shade.gloss = .12F;
      return shade;
    }
    case Surface::kGrass: {
      const float blade = seen(.05F, footprint) * (plane_noise(u * 38, v * 21, f.seed + 2) - .5F) * .8F;
      const float dry = plane_noise(u * .4F, v * .4F, f.seed + 3);
      return {mix(f.colour, Vec3{.2F, .17F, .07F}, .35F * dry) *
                  (mottle(u, v, .8F, .25F, footprint, f.seed) + blade),
              {},
              0};
    }
    case Surface::kGravel: {
      const float stone = seen(.06F, footprint) * (plane_noise(u * 30, v * 30, f.seed) - .5F) * .5F;
      return {f.colour * (mottle(u, v, 1.1F, .16F, footprint, f.seed) + stone), {}, 0};
    }
    case Surface::kPlaster:
      return {
          f.colour * mottle(u, v, 1.6F, .1F, footprint, f.seed) * (.8F + .2F * smoothstep(0, .8F, v)), {}, 0};
    case Surface::kBrick:
      return slabs(f, u, v, footprint, .24F, .075F, .5F, .012F, .5F);
    case Surface::kFacade:
      return facade(f, u, v, footprint, lamps);
    case Surface::kGlass:
      return panes(f, u, v, footprint, lamps);
    case Surface::kShop:
      return shop(f, u, v, footprint, lamps);
    case Surface::kConcrete:
      return slabs(f, u, v, footprint, 2.4F, 1.3F, 0, .02F, .12F);
    case Surface::kPanels: {
      Shade shade = slabs(f, u, v, footprint, 1.2F, 2.6F, 0, .015F, .1F);
      shade.gloss = .05F;
      return shade;
    }
    case Surface::kHedge:
      return leaves(f, u, v, footprint, .3F);
    case Surface::kWood:
      return slabs(f, u, v, footprint, 6.F, .14F, .3F, .012F, .35F);
    case Surface::kBark:
      return {f.colour * mottle(u * 3, v * .4F, .3F, .45F, footprint, f.seed), {}, 0};
    case Surface::kCarSide:
      return car_side(f, u, v);
    case Surface::kWhitePaint:
      return {f.colour * mottle(u, v, .7F, .12F, footprint, f.seed), {}, 0};
    case Surface::kPaint:
      break;
  }
  return {f.colour, {}, .04F};
}

}  // namespace dmf::world
