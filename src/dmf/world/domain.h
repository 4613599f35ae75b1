#pragma once
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "dmf/core/random.h"
#include "dmf/world/identity.h"
#include "dmf/world/surroundings.h"

namespace dmf::world {

/// From where to where a value is drawn.
struct Span {
  float low = 0, high = 0;
};

/// What makes the images of one camera look as they do. Names and units are those of CameraStyle.
template <class T>
struct LookOf {
  T eye_height{};   ///< of the camera above the ground, metres
  T distance{};     ///< of the camera from the person, metres: near ones have a wide angle
  T temperature{};  ///< white balance: -1 blue … 1 orange
  T tint{};         ///< -1 green … 1 magenta
  T exposure{};     ///< stops
  T contrast{};     ///< 1 as it is
  T saturation{};   ///< 1 as it is
  T vignette{};     ///< darkness of the corners, 0 … 1
  T blur{};         ///< standard deviation in pixels of an image 256 high
  T motion{};       ///< length of the motion's blur, same pixels
  T noise{};        ///< standard deviation, of 255
  T quality{};      ///< JPEG's, 1 … 100, of the camera's own stream
  T rows{};         ///< height of the person's box in the camera's image, pixels
  T box_error{};    ///< of the detector: standard deviation of place and size, of the box
  T occlusion{};    ///< share of images in which something stands before the person
  T crowd{};        ///< share of images with other walkers
};

/// One camera: a fixed place, height and look.
struct CameraStyle : LookOf<float> {
  int number = 1;  ///< from 1
  int place = 1;
  float walk_radius = 2;
  float path = 0;  ///< direction most people walk in (or against), as a heading against the camera; radians
};

/// One world of cameras, as one dataset is: where it lies, its season, its people's clothes, its cameras.
struct Domain {
  std::string_view name;
  std::string_view title;
  int cameras = 6;
  IdentityOptions people;  ///< near_twins is the caller's
  std::array<float, kPlaces> places{};
  std::array<float, kWeathers> weathers{};
  std::array<float, kIlluminations> illuminations{};
  LookOf<Span> look;
};

/// All domains; "varied" is the first: every place, weather, hour and look.
std::span<const Domain> domains();

/// @throws InvalidArgument  an unknown name; names the known ones and the nearest
const Domain& find_domain(const std::string& name);

/// The domain moved towards one common, clean look: 0 that look, 1 the domain as it is.
/// @throws InvalidArgument  shift outside 0 … 1
Domain shifted(const Domain& domain, double shift);

/// Camera `number` (from 1) of a domain: it hangs on (domain, seed, number) alone.
CameraStyle draw_camera(const Domain& domain, uint64_t seed, int number);

/// Weather and hour of an image in this domain; place and viewpoint stay 1.
Surroundings draw_surroundings(const Domain& domain, RandomStream& random);

}  // namespace dmf::world
