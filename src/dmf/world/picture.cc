#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "dmf/world/shot.h"

namespace dmf::world {
namespace {

/// A rectangle of the image, in pixels; ends are behind the last.
struct Window {
  int left = 0, top = 0, right = 0, bottom = 0;
  int width() const { return right - left; }
  int height() const { return bottom - top; }
};

/// The camera that sees a window of what `camera` sees.
Camera seen_through(Camera camera, const Window& window) {
  camera.centre_x -= static_cast<float>(window.left);
  camera.centre_y -= static_cast<float>(window.top);
  return camera;
}

/// One image in the making: a backdrop that persons are put before, the farthest first.
class Canvas {
 public:
  Canvas(const Shot& shot, const Site& site, int height, int width)
      : shot_(shot),
        height_(height),
        width_(width),
        axes_(camera_axes(shot.camera)),
        canvas_(render_backdrop(site, shot.camera, shot.light, height, width)) {}

  /// @return  the person's parts that are seen, [height * width]
  std::vector<uint32_t> add(const PersonImage& person, const Window& window) {
    std::vector<uint32_t> parts(static_cast<size_t>(height_) * static_cast<size_t>(width_));
    for (int y = 0; y < window.height(); ++y) {
      for (int x = 0; x < window.width(); ++x) {
        const auto from = static_cast<size_t>(y) * static_cast<size_t>(person.width) + static_cast<size_t>(x);
        const auto to = static_cast<size_t>(y + window.top) * static_cast<size_t>(width_) +
                        static_cast<size_t>(x + window.left);
        if (add_pixel(person, from, to)) parts[to] = person.parts[from];
      }
    }
    return parts;
  }

  /// Passers-by behind the person, small as they are at their distance.
  void add_crowd(std::span<const Walker> crowd, RandomStream& random) {
    if (crowd.empty() || !shot_.has_crowd) return;
    struct Place {
      float behind, column;
    };
    std::vector<Place> places(static_cast<size_t>(1 + random.integer(3)));
    for (Place& place : places)
      place = {static_cast<float>(random.uniform(1.2, 15)), static_cast<float>(random.uniform(-.1, 1.1))};
    std::ranges::sort(places, std::greater(), &Place::behind);
    for (const Place& place : places) {
      const Walker& walker = crowd[static_cast<size_t>(random.integer(static_cast<int64_t>(crowd.size())))];
      add_walker(walker, place.behind, place.column * static_cast<float>(width_), random);
    }
  }

  void add_occluder(const Window& free) {
    const Occluder& o = shot_.occluder;
    if (o.edge == Occluder::Edge::kNone) return;
    const Lighting& l = shot_.light.lighting;
    const Vec3 light = (l.sky + l.ground) * .5F + l.sun * .3F;
    // As if half-way between the camera and the person.
    const float metre =
        1 / shot_.camera.focal * std::max(1.F, length(shot_.camera.eye - shot_.pose.position) * .5F);
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        if (x >= free.left && x < free.right && y >= free.top && y < free.bottom) continue;
        const float deep =
            o.edge == Occluder::Edge::kBottom ? static_cast<float>(y - free.bottom) * metre : 1;
        const Shade shade = shade_surface(o.finish, static_cast<float>(x) * metre,
                                          1 - static_cast<float>(y) * metre + 3, metre, 0);
        const auto i = static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x);
        // Its upper face catches the sky.
        canvas_.rgb[i] = shade.albedo * light * (deep < .06F ? 1.7F : 1.F);
        canvas_.depth[i] = 1;
      }
    }
  }

  Backdrop& result() { return canvas_; }

 private:
  /// Whether the person is seen there.
  bool add_pixel(const PersonImage& person, size_t from, size_t to) {
    Vec3& rgb = canvas_.rgb[to];
    rgb = rgb - canvas_.sun[to] * person.shadow[from] - canvas_.sky[to] * person.contact[from];
    canvas_.sun[to] = canvas_.sun[to] * (1 - person.shadow[from]);
    const float alpha = person.alpha[from];
    if (alpha <= 0 || canvas_.depth[to] < person.depth[from] - .05F) return false;
    const float clear = std::exp(-shot_.light.fog * person.depth[from]);
    rgb = rgb * (1 - alpha) + person.rgb[from] * clear + shot_.light.fog_colour * (alpha * (1 - clear));
    if (alpha > .5F) canvas_.depth[to] = person.depth[from];
    return true;
  }

  void add_walker(const Walker& walker, float behind, float column, RandomStream& random) {
    Vec3 forward = axes_.row[2];
    forward.y = 0;
    forward = normalized(forward);
    Pose pose = draw_pose(walker.identity, random);
    pose.heading = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
    pose.position = shot_.pose.position + forward * behind;
    const Vec3 middle = project(shot_.camera, axes_, pose.position);
    pose.position += axes_.row[0] * ((column - middle.x) * middle.z / shot_.camera.focal);
    const Vec3 feet = project(shot_.camera, axes_, pose.position);
    const Vec3 head = project(shot_.camera, axes_, pose.position + Vec3{0, walker.mesh.height, 0});
    const float high = feet.y - head.y;
    const Window window{std::max(0, static_cast<int>(feet.x - .35F * high)),
                        std::max(0, static_cast<int>(head.y - .05F * high)),
                        std::min(width_, static_cast<int>(feet.x + .35F * high)),
                        std::min(height_, static_cast<int>(feet.y + .12F * high))};
    constexpr int kLeast = 6;
    if (window.width() < kLeast || window.height() < kLeast) return;
    add(render_person(walker.mesh, walker.identity, pose, seen_through(shot_.camera, window),
                      shot_.light.lighting, window.height(), window.width(), random.bits()),
        window);
  }

  const Shot& shot_;
  int height_, width_;
  Mat3 axes_;
  Backdrop canvas_;
};

/// What of the image nothing hides.
Window free_window(const Occluder& o, int height, int width) {
  Window window{0, 0, width, height};
  const auto rows = static_cast<int>(o.share * static_cast<float>(height)),
             columns = static_cast<int>(o.share * static_cast<float>(width));
  if (o.edge == Occluder::Edge::kBottom) window.bottom -= rows;
  if (o.edge == Occluder::Edge::kLeft) window.left += columns;
  if (o.edge == Occluder::Edge::kRight) window.right -= columns;
  return window;
}

}  // namespace

Picture take_picture(const Shot& shot, const Site& site, const Identity& identity, const PersonMesh& person,
                     std::span<const Walker> crowd, int height, int width) {
  RandomStream random(shot.seed, "world picture");
  Canvas canvas(shot, site, height, width);
  canvas.add_crowd(crowd, random);
  const Window window = free_window(shot.occluder, height, width);
  // Only what nothing hides is rendered, and so only that is counted as seen.
  const PersonImage image = render_person(person, identity, shot.pose, seen_through(shot.camera, window),
                                          shot.on_person, window.height(), window.width(), random.bits());
  std::vector<uint32_t> parts = canvas.add(image, window);
  canvas.add_occluder(window);
  Backdrop& light = canvas.result();
  add_precipitation(light.rgb, light.depth, height, width, shot.light, shot.camera.focal, random);
  // Automatic exposure follows the light, but not all the way: a night stays darker than a day.
  const float gain = 1.05F * std::pow(shot.light.brightness, -.7F);
  return {develop(light.rgb, height, width, shot.look, gain, random),
          {.facing = shot.facing, .visible = image.visible, .total = image.total},
          std::move(parts)};
}

}  // namespace dmf::world
