#include "dmf/world/surroundings.h"

#include <fmt/format.h>

#include <numbers>

namespace dmf::world {
namespace {

/// The light of an hour under a clear sky.
struct Hour {
  float low, high;  ///< of the sun or lamp above the horizon, degrees
  Vec3 sun, sky;    ///< linear RGB that they send on a level ground, the sun at right angles
  Vec3 zenith, horizon;
  float lamps;
};

constexpr Hour kHours[kIlluminations] = {
    {55, 80, {.20F, .14F, .08F}, {.026F, .031F, .052F}, {.004F, .005F, .012F}, {.020F, .020F, .030F}, .55F},
    {6, 16, {.95F, .62F, .38F}, {.19F, .22F, .31F}, {.16F, .22F, .40F}, {.72F, .52F, .42F}, .15F},
    {28, 48, {1.18F, 1.10F, .96F}, {.22F, .26F, .33F}, {.16F, .30F, .62F}, {.62F, .72F, .82F}, 0},
    {52, 72, {1.25F, 1.20F, 1.10F}, {.22F, .26F, .32F}, {.14F, .28F, .64F}, {.60F, .71F, .84F}, 0},
    {24, 46, {1.20F, 1.07F, .86F}, {.22F, .25F, .30F}, {.17F, .30F, .60F}, {.66F, .71F, .76F}, 0},
    {3, 11, {.75F, .43F, .22F}, {.14F, .14F, .21F}, {.10F, .12F, .26F}, {.68F, .38F, .24F}, .4F},
    {48, 78, {.30F, .23F, .14F}, {.036F, .042F, .070F}, {.006F, .008F, .020F}, {.035F, .030F, .035F}, .9F}};

/// What a weather makes of it.
struct Air {
  float sun, sky;  ///< factors
  float clouds;
  float shadow;
  float fog_low, fog_high;
  float snow_cover, snowfall;
};

constexpr Air kAirs[kWeathers] = {
    {1.F, 1.F, .1F, 1.F, 0, .001F, 0, 0},           {.62F, 1.45F, .55F, .8F, .001F, .003F, 0, 0},
    {.08F, 1.9F, .95F, .12F, .002F, .006F, 0, 0},   {.06F, 1.9F, 1.F, .08F, .01F, .03F, 0, 0},
    {.45F, 1.4F, .4F, .6F, .001F, .003F, 0, 0},     {.05F, 1.8F, 1.F, .1F, .01F, .028F, .95F, 1.F},
    {.22F, 1.7F, .8F, .4F, .004F, .012F, .7F, .45F}};

float between(RandomStream& random, float low, float high) {
  return low + (high - low) * static_cast<float>(random.uniform());
}

float luminance(Vec3 c) { return .2126F * c.x + .7152F * c.y + .0722F * c.z; }

Vec3 direction(float elevation, float azimuth) {
  return {std::cos(elevation) * std::sin(azimuth), std::sin(elevation),
          std::cos(elevation) * std::cos(azimuth)};
}

constexpr float kDegree = std::numbers::pi_v<float> / 180;

Daylight hall_light(const Surroundings& s, RandomStream& random) {
  Daylight light;
  const bool is_night = s.illumination == 1 || s.illumination == 7;
  const float level = between(random, .75F, 1.1F) * (is_night ? .75F : 1.F);
  const float warm = between(random, -.12F, .14F);
  const Vec3 tint{1 + warm, 1, 1 - warm};
  light.lighting = {
      .sun_direction = direction(between(random, 50, 85) * kDegree, between(random, 0, 360) * kDegree),
      .sun = tint * (.42F * level),
      .sky = tint * (.46F * level),
      .ground = tint * (.24F * level),
      .shadow_strength = between(random, .2F, .5F),
      .shadow_blur = .12F,
      .wetness = 0};
  light.zenith = light.horizon = light.fog_colour = tint * (.5F * level);
  light.lamps = 1;
  light.brightness = luminance(light.lighting.sky + light.lighting.sun * light.lighting.sun_direction.y);
  return light;
}

constexpr std::string_view kWeatherNames[] = {"sunny",   "cloudy",   "overcast", "foggy",
                                              "neutral", "blizzard", "snowy"};
constexpr std::string_view kIlluminationNames[] = {"midnight",  "dawn", "forenoon", "noon",
                                                   "afternoon", "dusk", "night"};
constexpr std::string_view kPlaceNames[] = {"street", "plaza", "park",   "car park", "wood",
                                            "hall",   "wall",  "meadow", "crossing"};

}  // namespace

std::string Surroundings::file_name(int64_t identity) const {
  return fmt::format("{:04}_c{:02}_w{:02}_l{:02}_p{:02}.jpg", identity, viewpoint, weather, illumination,
                     place);
}

std::string_view weather_name(int weather) { return kWeatherNames[weather - 1]; }
std::string_view illumination_name(int illumination) { return kIlluminationNames[illumination - 1]; }
std::string_view place_name(int place) { return kPlaceNames[place - 1]; }

Daylight draw_daylight(const Surroundings& s, RandomStream& random) {
  if (s.place == kHall) return hall_light(s, random);
  constexpr int kOvercast = 3;
  const Hour& hour = kHours[s.illumination - 1];
  const Air& air = kAirs[s.weather - 1];
  const float elevation = between(random, hour.low, hour.high) * kDegree;
  const float azimuth = between(random, 0, 360) * kDegree;
  Daylight light;
  light.clouds = air.clouds;
  light.fog = between(random, air.fog_low, air.fog_high);
  light.snow_cover = air.snow_cover * between(random, .6F, 1.F);
  light.snowfall = air.snowfall * between(random, .5F, 1.F);
  light.lamps = hour.lamps;
  const bool may_rain = s.weather == kOvercast && random.chance(0.4);
  light.rain = may_rain ? between(random, .4F, 1.F) : 0;
  const Vec3 sky = hour.sky * air.sky;
  // Clouds take the sky's blue away.
  const float gray = luminance(sky);
  const Vec3 covered = mix(sky, {gray, gray, gray * 1.03F}, .8F * air.clouds);
  const Vec3 sun = hour.sun * air.sun;
  const float snow = light.snow_cover;
  light.lighting = {.sun_direction = direction(elevation, azimuth),
                    .sun = sun,
                    .sky = covered,
                    .ground = (covered + sun * std::sin(elevation)) * (.28F + .3F * snow),
                    .shadow_strength = air.shadow,
                    .shadow_blur = .015F + .1F * (1 - air.shadow),
                    .wetness = light.rain > 0 ? between(random, .4F, 1.F) : 0};
  const float high = luminance(hour.horizon);
  const Vec3 cover = Vec3{1.F, 1.F, 1.02F} * (high * between(random, .8F, 1.05F));
  light.zenith = mix(hour.zenith, cover * .9F, air.clouds);
  light.horizon = mix(hour.horizon, cover, .85F * air.clouds);
  light.fog_colour = mix(light.horizon, cover, .5F);
  // Snow throws light back, and a camera's meter sees it.
  light.brightness = luminance(covered + sun * std::sin(elevation)) * (1 + .5F * snow);
  return light;
}

}  // namespace dmf::world
