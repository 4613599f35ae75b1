#pragma once
#include <string>
#include <string_view>

#include "dmf/core/random.h"
#include "dmf/world/person.h"

namespace dmf::world {

inline constexpr int kViewpoints = 36, kWeathers = 7, kIlluminations = 7, kPlaces = 9;

/// What FineGPR's file names tell of an image, each from 1.
///
///   viewpoint     1 sees the front; each next one walks 10 degrees on, by the right side (10), the back (19)
///                 and the left side (28)
///   weather       sunny, cloudy, overcast, foggy, neutral, blizzard, snowy
///   illumination  midnight, dawn, forenoon, noon, afternoon, dusk, night
///   place         street, plaza, park, car park, wood, hall, wall, meadow, crossing
struct Surroundings {
  int viewpoint = 1, weather = 1, illumination = 4, place = 1;
  /// 0001_c01_w01_l01_p01.jpg
  std::string file_name(int64_t identity) const;
};

/// Words of weather and illumination (as text::Attributes has them) and of places, by number from 1.
std::string_view weather_name(int weather);
std::string_view illumination_name(int illumination);
std::string_view place_name(int place);

inline constexpr int kHall = 6;  ///< the place with a roof

/// Light and air of one image.
struct Daylight {
  Lighting lighting;
  Vec3 zenith, horizon;  ///< the sky's radiance above and at the horizon; linear RGB
  Vec3 fog_colour;       ///< what far things fade into
  float fog = 0;         ///< extinction, per metre
  float clouds = 0;      ///< 0 clear … 1 covered
  float snow_cover = 0;  ///< of ground and roofs, 0 … 1
  float rain = 0;        ///< streaks, 0 … 1
  float snowfall = 0;    ///< flakes, 0 … 1
  float lamps = 0;       ///< lit windows and street lamps, 0 … 1
  float brightness = 1;  ///< what falls on a level white ground, luminance: for the exposure
};

/// Sun, sky and air for a weather at an hour; in the hall, lamps. The sun stands at any side: behind the
/// person it is back light.
Daylight draw_daylight(const Surroundings& surroundings, RandomStream& random);

}  // namespace dmf::world
