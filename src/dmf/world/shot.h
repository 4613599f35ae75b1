#pragma once
#include <span>
#include <vector>

#include "dmf/world/backdrop.h"
#include "dmf/world/describe.h"
#include "dmf/world/domain.h"
#include "dmf/world/look.h"

namespace dmf::world {

/// Something close to the camera that hides an edge of the image.
struct Occluder {
  enum class Edge { kNone, kBottom, kLeft, kRight };
  Edge edge = Edge::kNone;
  float share = 0;  ///< of the image's height or width that it hides
  Finish finish;
};

/// One image before it is rendered: who stands where and does what, in which light, and through which camera.
struct Shot {
  Surroundings surroundings;
  Pose pose;
  Camera camera;
  Daylight light;
  Lighting on_person;  ///< the light where the person stands: may be in the shadow of a house
  Occluder occluder;
  LookOf<float> look;
  float facing = 0;  ///< as in Sight
  bool has_crowd = false;
  uint64_t seed = 0;  ///< of all that rendering draws: passers-by, rain, noise
};

/// A person who may pass by in the background.
struct Walker {
  Identity identity;
  PersonMesh mesh;
};

/// A rendered image and what it shows.
struct Picture {
  Image8 image;
  Sight sight;
  std::vector<uint32_t> parts;  ///< [height * width], as PersonImage::parts: of the person, not of passers-by
};

/// The place that a camera looks at: the same for all of its images.
Site site_of(const CameraStyle& camera, uint64_t seed);

/// Draws an image of a person: where it walks before the camera, its pose, light, the detector's box, the
/// look.
/// @param person  gives the height that fills the box
/// @param surroundings  viewpoint, weather and hour; the place is the camera's
Shot draw_shot(const Identity& identity, const PersonMesh& person, const CameraStyle& camera,
               const Site& site, Surroundings surroundings, int height, int width, RandomStream& random);

/// Renders it: place, passers-by, person, shadows, fog, rain and snow, then the camera's look.
/// @param crowd  who may pass by; may be empty
Picture take_picture(const Shot& shot, const Site& site, const Identity& identity, const PersonMesh& person,
                     std::span<const Walker> crowd, int height, int width);

}  // namespace dmf::world
