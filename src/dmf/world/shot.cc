#include "dmf/world/shot.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dmf::world {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float draw(RandomStream& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

/// The same look with what changes from image to image: exposure, movement, the size in the camera's image.
LookOf<float> look_of_image(const CameraStyle& camera, RandomStream& random) {
  LookOf<float> look = camera;
  look.exposure += static_cast<float>(.12 * random.normal());
  look.temperature += static_cast<float>(.03 * random.normal());
  look.motion *= draw(random, 0, 1.6);
  look.blur *= draw(random, .75, 1.3);
  look.rows *= draw(random, .85, 1.2);
  return look;
}

/// Points the camera at the person so that it fills the box, as far as the detector hits it.
void frame(Camera& camera, Vec3 feet, float person_height, float box_error, int height, int width,
           RandomStream& random) {
  camera.target = feet + Vec3{0, person_height / 2, 0};
  camera.focal = 1, camera.centre_x = 0, camera.centre_y = 0;
  camera.roll = static_cast<float>(.012 * random.normal());
  const Mat3 axes = camera_axes(camera);
  const float top = project(camera, axes, feet + Vec3{0, person_height, 0}).y,
              bottom = project(camera, axes, feet).y;
  const auto error = [&] { return static_cast<float>(box_error * std::clamp(random.normal(), -2.5, 2.5)); };
  const float fill = .9F * (1 + error());
  const auto high = static_cast<float>(height), wide = static_cast<float>(width);
  camera.focal = fill * high / (bottom - top);
  camera.centre_y = high * (.5F + error()) - camera.focal * (top + bottom) / 2;
  camera.centre_x = wide * (.5F + 1.4F * error());
}

Finish occluder_finish(RandomStream& random) {
  constexpr Surface kSurfaces[] = {Surface::kConcrete, Surface::kHedge, Surface::kPaint,
                                   Surface::kBrick,    Surface::kWood,  Surface::kPlaster};
  const Surface surface = kSurfaces[random.integer(std::size(kSurfaces))];
  const float value = draw(random, .03, .5), warm = draw(random, -.15, .3);
  const Vec3 colour = surface == Surface::kHedge ? Vec3{.05F, .1F, .03F} * draw(random, .6, 1.5)
                                                 : Vec3{value * (1 + warm), value, value * (1 - warm)};
  return {surface, colour, static_cast<uint32_t>(random.bits()), 1};
}

Occluder draw_occluder(float chance, RandomStream& random) {
  if (!random.chance(chance)) return {};
  Occluder occluder;
  occluder.finish = occluder_finish(random);
  const double kind = random.uniform();
  occluder.edge = kind < .5    ? Occluder::Edge::kBottom
                  : kind < .75 ? Occluder::Edge::kLeft
                               : Occluder::Edge::kRight;
  occluder.share = occluder.edge == Occluder::Edge::kBottom ? draw(random, .12, .42) : draw(random, .1, .32);
  return occluder;
}

}  // namespace

Site site_of(const CameraStyle& camera, uint64_t seed) {
  RandomStream random(seed, "world site", {static_cast<uint64_t>(camera.number)});
  return draw_site(camera.place, {camera.distance, camera.walk_radius}, random);
}

Shot draw_shot(const Identity& identity, const PersonMesh& person, const CameraStyle& camera,
               const Site& site, Surroundings surroundings, int height, int width, RandomStream& random) {
  Shot shot;
  surroundings.place = camera.place;
  shot.surroundings = surroundings;
  shot.light = draw_daylight(surroundings, random);
  shot.look = look_of_image(camera, random);
  shot.occluder = draw_occluder(camera.occlusion, random);
  shot.has_crowd = random.chance(camera.crowd);
  const float along = std::sqrt(draw(random, 0, 1)) * .75F * camera.walk_radius,
              round = draw(random, 0, 2 * kPi);
  const Vec3 feet{along * std::sin(round), 0, along * std::cos(round)};
  shot.camera.eye = {
      0, camera.eye_height,
      std::sqrt(std::max(1.F, camera.distance * camera.distance - camera.eye_height * camera.eye_height))};
  frame(shot.camera, feet, person.height, camera.box_error, height, width, random);
  shot.pose = draw_pose(identity, random);
  shot.pose.position = feet;
  constexpr float kStep = kPi / 18;
  shot.facing = (static_cast<float>(surroundings.viewpoint - 1) + draw(random, -.5, .5)) * kStep;
  shot.pose.heading = shot.facing + std::atan2(shot.camera.eye.x - feet.x, shot.camera.eye.z - feet.z);
  // The person may stand in the shadow of a house.
  const float strength = shot.light.lighting.shadow_strength;
  const float sun = 1 - strength * .85F * (1 - sunlight_at(site, shot.light, feet + Vec3{0, 1, 0}));
  shot.on_person = shot.light.lighting;
  shot.on_person.sun = shot.on_person.sun * sun;
  shot.seed = random.bits();
  return shot;
}

}  // namespace dmf::world
