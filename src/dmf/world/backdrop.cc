#include "dmf/world/backdrop.h"

#include <algorithm>
#include <cmath>

namespace dmf::world {
namespace {

constexpr float kFar = 1e9F;
constexpr float kSkylineDistance = 50;

struct Hit {
  float distance = kFar;  ///< in lengths of the ray's direction
  Vec3 point, normal;
  float u = 0, v = 0;
  const Finish* finish = nullptr;
  bool is_ground = false;
};

/// Where a ray enters a box: its distance and the axis of the side; kFar where it misses.
float enter_box(const Box& box, Vec3 from, Vec3 inverse, int& axis) {
  const float low_x = (box.low.x - from.x) * inverse.x, high_x = (box.high.x - from.x) * inverse.x;
  const float low_y = (box.low.y - from.y) * inverse.y, high_y = (box.high.y - from.y) * inverse.y;
  const float low_z = (box.low.z - from.z) * inverse.z, high_z = (box.high.z - from.z) * inverse.z;
  const float x = std::min(low_x, high_x), y = std::min(low_y, high_y), z = std::min(low_z, high_z);
  const float enter = std::max(x, std::max(y, z));
  const float leave =
      std::min(std::max(low_x, high_x), std::min(std::max(low_y, high_y), std::max(low_z, high_z)));
  if (enter > leave || enter <= 0) return kFar;
  axis = enter == x ? 0 : enter == y ? 1 : 2;
  return enter;
}

/// Distance to a crown's ragged surface; kFar where the ray misses it.
float enter_crown(const Crown& crown, Vec3 from, Vec3 ray) {
  const Vec3 scale{1 / crown.radii.x, 1 / crown.radii.y, 1 / crown.radii.z};
  const Vec3 o = (from - crown.centre) * scale, d = ray * scale;
  const float a = dot(d, d), b = dot(o, d), c = dot(o, o) - 1;
  const float root = b * b - a * c;
  if (root < 0) return kFar;
  const float t = (-b - std::sqrt(root)) / a;
  if (t <= 0) return kFar;
  // Near its outline the crown is as thick as root tells; leaves end where noise says.
  const float thickness = root / a, ragged = value_noise((from + ray * t) * 3.1F, crown.finish.seed);
  return thickness > .35F * ragged * ragged + .06F * ragged ? t : kFar;
}

/// Columns of the image between which a thing lies; none where low > high.
struct Columns {
  float low, high;
};

class Caster {
 public:
  Caster(const Site& site, const Daylight& light) : site_(site), light_(light) {
    for (const Box& box : site.boxes) shadow_boxes_.push_back(&box);
    for (const Crown& crown : site.crowns) shadow_crowns_.push_back(&crown);
    const float c = std::cos(site.yaw), s = std::sin(site.yaw);
    // A vector of the world in the site's frame.
    turn_ = {{{c, 0, -s}, {0, 1, 0}, {s, 0, c}}};
    sun_ = turn_ * light.lighting.sun_direction;
  }

  Vec3 turned(Vec3 v) const { return turn_ * v; }

  /// Leaves out what this camera cannot see and what casts no shadow into its view. Without it all counts.
  void prepare(const Camera& camera, int height, int width) {
    const Mat3 axes = camera_axes(camera);
    const Mat3 to_world = transposed(turn_);
    const auto columns = [&](Vec3 low, Vec3 high) {
      Columns range{static_cast<float>(width), 0};
      float top = static_cast<float>(height), bottom = 0;
      int behind = 0;
      for (int corner = 0; corner < 8; ++corner) {
        const Vec3 p{corner & 1 ? low.x : high.x, corner & 2 ? low.y : high.y, corner & 4 ? low.z : high.z};
        const Vec3 at = project(camera, axes, to_world * p);
        if (at.z < .1F) {
          ++behind;
          continue;
        }
        range = {std::min(range.low, at.x), std::max(range.high, at.x)};
        top = std::min(top, at.y), bottom = std::max(bottom, at.y);
      }
      const auto wide = static_cast<float>(width), high_row = static_cast<float>(height);
      if (behind > 0 && behind < 8) return Columns{0, wide};
      if (behind == 8 || range.high < 0 || range.low > wide || bottom < 0 || top > high_row)
        return Columns{1, 0};
      return range;
    };
    const Patch ground = visible_ground(camera, axes, height, width);
    boxes_.clear(), crowns_.clear(), shadow_boxes_.clear(), shadow_crowns_.clear();
    for (const Box& box : site_.boxes) {
      if (const Columns c = columns(box.low, box.high); c.low <= c.high) boxes_.push_back({&box, c});
      if (may_shade(ground, box.low, box.high)) shadow_boxes_.push_back(&box);
    }
    for (const Crown& crown : site_.crowns) {
      const Vec3 low = crown.centre - crown.radii, high = crown.centre + crown.radii;
      if (const Columns c = columns(low, high); c.low <= c.high) crowns_.push_back({&crown, c});
      if (may_shade(ground, low, high)) shadow_crowns_.push_back(&crown);
    }
  }

  float sunlight(Vec3 point) const {
    if (site_.ceiling > 0) return 1;
    const Vec3 inverse{1 / sun_.x, 1 / sun_.y, 1 / sun_.z};
    int axis = 0;
    for (const Box* box : shadow_boxes_) {
      if (enter_box(*box, point, inverse, axis) < kFar) return 0;
    }
    float light = 1;
    for (const Crown* crown : shadow_crowns_) {
      if (light > 0 && enter_crown(*crown, point, sun_) < kFar) light -= .8F;
    }
    return std::max(light, 0.F);
  }

  Hit cast(Vec3 from, Vec3 ray, float column) const {
    Hit hit;
    hit_level(from, ray, hit);
    const Vec3 inverse{1 / ray.x, 1 / ray.y, 1 / ray.z};
    for (const auto& [seen, columns] : boxes_) {
      if (column < columns.low || column > columns.high) continue;
      const Box& box = *seen;
      int axis = 0;
      const float t = enter_box(box, from, inverse, axis);
      if (t >= hit.distance) continue;
      hit.distance = t, hit.is_ground = false;
      hit.point = from + ray * t;
      hit.finish = axis == 1 ? &box.top : &box.side;
      hit.u = axis == 0 ? hit.point.z - box.low.z : hit.point.x - box.low.x;
      hit.v = axis == 1 ? hit.point.z : hit.point.y;
      hit.normal = axis == 0   ? Vec3{ray.x < 0 ? 1.F : -1.F, 0, 0}
                   : axis == 1 ? Vec3{0, ray.y < 0 ? 1.F : -1.F, 0}
                               : Vec3{0, 0, ray.z < 0 ? 1.F : -1.F};
    }
    for (const auto& [seen, columns] : crowns_) {
      if (column < columns.low || column > columns.high) continue;
      const Crown& crown = *seen;
      const float t = enter_crown(crown, from, ray);
      if (t >= hit.distance) continue;
      hit.distance = t, hit.is_ground = false;
      hit.point = from + ray * t;
      const Vec3 out = hit.point - crown.centre;
      hit.normal =
          normalized({out.x / (crown.radii.x * crown.radii.x), out.y / (crown.radii.y * crown.radii.y),
                      out.z / (crown.radii.z * crown.radii.z)});
      hit.finish = &crown.finish;
      const Vec3 n = hit.normal;
      const bool is_top = std::abs(n.y) > .7F, is_side = std::abs(n.x) > std::abs(n.z);
      hit.u = !is_top && is_side ? out.z : out.x, hit.v = is_top ? out.z : out.y;
    }
    return hit;
  }

  Vec3 sky(Vec3 ray) const {
    const Vec3 d = normalized(ray);
    if (d.y < skyline_slope(d)) return skyline();
    const float up = std::max(d.y, 0.F);
    Vec3 colour = mix(light_.horizon, light_.zenith, std::sqrt(up));
    if (light_.clouds > 0 && up > .01F) {
      const float u = d.x / (up + .1F), v = d.z / (up + .1F);
      const float cover = .65F * plane_noise(u * 1.3F, v * 1.3F, site_.seed) +
                          .35F * plane_noise(u * 4, v * 4, site_.seed + 1);
      const float amount = smoothstep(1 - light_.clouds - .15F, 1.15F - light_.clouds, cover);
      colour = mix(colour, light_.horizon * 1.1F, .7F * amount);
    }
    return colour;
  }

  /// Colour of what was hit and, of ground, the shares of sun and sky.
  Vec3 shade(const Hit& hit, float footprint, Vec3 ray, Vec3& sun_share, Vec3& sky_share) const {
    const Lighting& l = light_.lighting;
    Shade s = shade_surface(*hit.finish, hit.u, hit.v, footprint, light_.lamps);
    if (hit.normal.y > .3F && light_.snow_cover > 0) add_snow(hit, s);
    if (hit.normal.y > .5F) {
      s.albedo = s.albedo * (1 - .4F * l.wetness);
      s.gloss += .22F * l.wetness * (.5F + plane_noise(hit.u * .5F, hit.v * .5F, site_.seed + 4));
    }
    const float facing = dot(hit.normal, sun_);
    const float reach = facing <= 0 ? 0 : hit.is_ground ? ground_sun(hit.point) : 1;
    const Vec3 sun = s.albedo * l.sun * (std::max(facing, 0.F) * reach);
    const Vec3 sky = s.albedo * mix(l.ground, l.sky, .5F + .5F * hit.normal.y);
    if (hit.is_ground) sun_share = sun, sky_share = sky;
    const float graze = 1 - std::abs(dot(normalized(ray), hit.normal));
    const Vec3 mirrored = mix(light_.horizon, light_.zenith, hit.normal.y > .5F ? .35F : .15F);
    return sun + sky + s.glow + mirrored * (s.gloss * (.25F + .75F * graze * graze));
  }

 private:
  template <class Thing>
  struct Seen {
    const Thing* thing;
    Columns columns;
  };

  /// The rectangle of the ground, in the site's frame, that the image shows up to 60 m away.
  Patch visible_ground(const Camera& camera, const Mat3& axes, int height, int width) const {
    constexpr float kReach = 60;
    Patch patch{kFar, -kFar, kFar, -kFar, {}};
    const Vec3 from = turn_ * camera.eye;
    for (int corner = 0; corner < 4; ++corner) {
      const float right = ((corner & 1 ? static_cast<float>(width) : 0) - camera.centre_x) / camera.focal;
      const float down = ((corner & 2 ? static_cast<float>(height) : 0) - camera.centre_y) / camera.focal;
      const Vec3 ray = turn_ * (axes.row[0] * right + axes.row[1] * down + axes.row[2]);
      const Vec3 at = from + ray * (ray.y < 0 ? std::min(-from.y / ray.y, kReach) : kReach);
      patch.low_x = std::min(patch.low_x, at.x), patch.high_x = std::max(patch.high_x, at.x);
      patch.low_z = std::min(patch.low_z, at.z), patch.high_z = std::max(patch.high_z, at.z);
    }
    return patch;
  }

  bool may_shade(const Patch& ground, Vec3 low, Vec3 high) const {
    const float long_x = -sun_.x / std::max(sun_.y, .03F) * high.y,
                long_z = -sun_.z / std::max(sun_.y, .03F) * high.y;
    return low.x + std::min(long_x, 0.F) < ground.high_x && high.x + std::max(long_x, 0.F) > ground.low_x &&
           low.z + std::min(long_z, 0.F) < ground.high_z && high.z + std::max(long_z, 0.F) > ground.low_z;
  }

  float skyline_slope(Vec3 d) const {
    const float around = std::atan2(d.x, d.z) * 9;
    const float high = site_.skyline.size * (.45F + .9F * plane_noise(around, 0, site_.seed + 2) +
                                             .15F * plane_noise(around * 5, 0, site_.seed + 3));
    return high / kSkylineDistance;
  }

  Vec3 skyline() const {
    const Lighting& l = light_.lighting;
    const Vec3 lit = site_.skyline.colour * (l.sky * .8F + l.sun * .35F);
    return mix(lit, light_.horizon, .35F);
  }

  void hit_level(Vec3 from, Vec3 ray, Hit& hit) const {
    const bool is_up = ray.y > 0;
    if (ray.y == 0 || (is_up && site_.ceiling == 0)) return;
    hit.distance = (is_up ? site_.ceiling - from.y : -from.y) / ray.y;
    hit.point = from + ray * hit.distance;
    hit.u = hit.point.x, hit.v = hit.point.z;
    hit.normal = {0, is_up ? -1.F : 1.F, 0};
    hit.is_ground = !is_up;
    hit.finish = is_up ? &site_.ceiling_finish : &ground_at(hit.u, hit.v);
  }

  const Finish& ground_at(float x, float z) const {
    for (const Patch& p : site_.patches) {
      if (x >= p.low_x && x < p.high_x && z >= p.low_z && z < p.high_z) return p.finish;
    }
    return site_.ground;
  }

  void add_snow(const Hit& hit, Shade& s) const {
    const float drift = plane_noise(hit.point.x * .7F, hit.point.z * .7F, site_.seed + 5);
    const float fine = plane_noise(hit.point.x * 6, hit.point.z * 6, site_.seed + 6);
    const float cover =
        smoothstep(1.0F - light_.snow_cover, 1.25F - light_.snow_cover, .75F * drift + .25F * fine + .2F);
    s.albedo = mix(s.albedo, {.78F, .8F, .84F}, cover);
    s.gloss *= 1 - cover;
  }

  float ground_sun(Vec3 point) const {
    const float strength = light_.lighting.shadow_strength;
    return strength < .15F ? 1 : 1 - strength * (1 - sunlight(point + Vec3{0, .01F, 0}));
  }

  const Site& site_;
  const Daylight& light_;
  std::vector<Seen<Box>> boxes_;
  std::vector<Seen<Crown>> crowns_;
  std::vector<const Box*> shadow_boxes_;
  std::vector<const Crown*> shadow_crowns_;
  Mat3 turn_;
  Vec3 sun_;
};

}  // namespace

Backdrop render_backdrop(const Site& site, const Camera& camera, const Daylight& light, int height,
                         int width) {
  Caster caster(site, light);
  caster.prepare(camera, height, width);
  const Mat3 axes = camera_axes(camera);
  const Vec3 from = caster.turned(camera.eye);
  const auto count = static_cast<size_t>(height) * static_cast<size_t>(width);
  Backdrop result{height,
                  width,
                  std::vector<Vec3>(count),
                  std::vector<Vec3>(count),
                  std::vector<Vec3>(count),
                  std::vector<float>(count)};
  size_t i = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, ++i) {
      const float right = (static_cast<float>(x) + .5F - camera.centre_x) / camera.focal;
      const float down = (static_cast<float>(y) + .5F - camera.centre_y) / camera.focal;
      const Vec3 ray = caster.turned(axes.row[0] * right + axes.row[1] * down + axes.row[2]);
      const Hit hit = caster.cast(from, ray, static_cast<float>(x) + .5F);
      if (hit.finish == nullptr || hit.distance > 400) {
        result.depth[i] = 400;
        result.rgb[i] = mix(caster.sky(ray), light.fog_colour, 1 - std::exp(-light.fog * 120));
        continue;
      }
      // A pixel of the ground is long where the ray grazes it: the geometric mean of its sides.
      const float steep = std::max(std::abs(dot(normalized(ray), hit.normal)), .05F);
      const float footprint = hit.distance / camera.focal / std::sqrt(steep);
      const Vec3 colour = caster.shade(hit, footprint, ray, result.sun[i], result.sky[i]);
      const float clear = std::exp(-light.fog * hit.distance);
      result.rgb[i] = mix(light.fog_colour, colour, clear);
      result.sun[i] = result.sun[i] * clear, result.sky[i] = result.sky[i] * clear;
      result.depth[i] = hit.distance;
    }
  }
  return result;
}

float sunlight_at(const Site& site, const Daylight& light, Vec3 point) {
  const Caster caster(site, light);
  return caster.sunlight(caster.turned(point));
}

}  // namespace dmf::world
