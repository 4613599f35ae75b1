#include "dmf/world/domain.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numbers>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/nearest.h"

namespace dmf::world {
namespace {

// weathers:      sunny cloudy overcast foggy neutral blizzard snowy
// illuminations: midnight dawn forenoon noon afternoon dusk night
// places:        street plaza park car-park wood hall wall meadow crossing
constexpr Domain kDomains[] = {
    {.name = "varied",
     .title = "every place, weather, hour and look: to pre-train on",
     .cameras = 240,
     .people = {.warmth = 0.5, .vividness = 0.6, .formality = 0.25},
     .places = {1, 1, 1, 1, 1, 1, 1, 1, 1},
     .weathers = {1.6F, 1, 1, .6F, 1, .4F, .6F},
     .illuminations = {.5F, .8F, 1.2F, 1.2F, 1.2F, .8F, .6F},
     .look = {.eye_height = {1.3F, 5.5F},
              .distance = {3.2F, 16},
              .temperature = {-.55F, .55F},
              .tint = {-.25F, .25F},
              .exposure = {-.55F, .65F},
              .contrast = {.75F, 1.25F},
              .saturation = {.55F, 1.3F},
              .vignette = {0, .3F},
              .blur = {.2F, 1.5F},
              .motion = {0, 2.5F},
              .noise = {.5F, 6},
              .quality = {45, 95},
              .rows = {72, 256},
              .box_error = {.01F, .06F},
              .occlusion = {.02F, .2F},
              .crowd = {.1F, .4F}}},
    {.name = "campus",
     .title = "six cameras between lawns and lecture halls in summer: bright, small boxes",
     .cameras = 6,
     .people = {.warmth = .88, .vividness = .6, .formality = .08},
     .places = {.2F, 1.4F, 1.2F, .4F, 0, 0, .5F, .6F, .2F},
     .weathers = {3, 1.5F, .4F, 0, .8F, 0, 0},
     .illuminations = {0, 0, 1.2F, 1.4F, 1, 0, 0},
     .look = {.eye_height = {2.0F, 3.2F},
              .distance = {5, 11},
              .temperature = {-.1F, .3F},
              .tint = {-.08F, .08F},
              .exposure = {.0F, .55F},
              .contrast = {.78F, 1.0F},
              .saturation = {.7F, 1.0F},
              .vignette = {0, .1F},
              .blur = {.7F, 1.4F},
              .motion = {0, 1.2F},
              .noise = {2, 5},
              .quality = {60, 82},
              .rows = {104, 132},
              .box_error = {.035F, .05F},
              .occlusion = {.06F, .14F},
              .crowd = {.2F, .4F}}},
    {.name = "mall",
     .title = "eight cameras under a mall's lamps: level views, warm light, large boxes",
     .cameras = 8,
     .people = {.warmth = .5, .vividness = .55, .formality = .2},
     .places = {0, 0, 0, 0, 0, 1, 0, 0, 0},
     .weathers = {1, 1, 1, 0, 1, 0, 0},
     .illuminations = {0, 0, 1, 1, 1, .6F, .8F},
     .look = {.eye_height = {2.2F, 3.0F},
              .distance = {3.5F, 8},
              .temperature = {.15F, .6F},
              .tint = {-.25F, .0F},
              .exposure = {-.4F, .4F},
              .contrast = {.95F, 1.2F},
              .saturation = {.8F, 1.1F},
              .vignette = {.05F, .25F},
              .blur = {.3F, .9F},
              .motion = {.3F, 2.5F},
              .noise = {1.5F, 4},
              .quality = {70, 90},
              .rows = {200, 256},
              .box_error = {.02F, .04F},
              .occlusion = {.08F, .2F},
              .crowd = {.35F, .6F}}},
    {.name = "station",
     .title = "ten cameras high above a station: steep views, cold lamps, noise, tiny boxes",
     .cameras = 10,
     .people = {.warmth = .25, .vividness = .3, .formality = .5},
     .places = {.25F, .3F, 0, 0, 0, 2.2F, 0, 0, .25F},
     .weathers = {.4F, .8F, 1.4F, .2F, .8F, 0, 0},
     .illuminations = {.2F, .6F, .8F, .8F, .8F, .8F, .8F},
     .look = {.eye_height = {3.6F, 6.0F},
              .distance = {5, 11},
              .temperature = {-.65F, -.1F},
              .tint = {-.3F, .05F},
              .exposure = {-.9F, .0F},
              .contrast = {.9F, 1.35F},
              .saturation = {.4F, .75F},
              .vignette = {.1F, .35F},
              .blur = {.6F, 1.6F},
              .motion = {.5F, 3.5F},
              .noise = {3, 8},
              .quality = {35, 65},
              .rows = {64, 112},
              .box_error = {.03F, .06F},
              .occlusion = {.15F, .3F},
              .crowd = {.4F, .7F}}},
    {.name = "winter",
     .title = "eight cameras in a town in winter: snow, fog, coats and hats",
     .cameras = 8,
     .people = {.warmth = .06, .vividness = .4, .formality = .25},
     .places = {1.2F, 1, .8F, .8F, .5F, 0, .8F, .4F, 1},
     .weathers = {.4F, .6F, 1, .7F, .3F, .9F, 1.8F},
     .illuminations = {.1F, .7F, 1, 1, 1, .8F, .3F},
     .look = {.eye_height = {1.8F, 4.2F},
              .distance = {5, 14},
              .temperature = {-.5F, .0F},
              .tint = {-.1F, .12F},
              .exposure = {-.3F, .5F},
              .contrast = {.7F, 1.0F},
              .saturation = {.6F, .95F},
              .vignette = {0, .15F},
              .blur = {.3F, 1.1F},
              .motion = {0, 1.5F},
              .noise = {1.5F, 5},
              .quality = {60, 88},
              .rows = {120, 220},
              .box_error = {.02F, .05F},
              .occlusion = {.06F, .16F},
              .crowd = {.15F, .4F}}},
    {.name = "night",
     .title = "eight cameras in streets after dusk: lamps, deep shadows, strong noise",
     .cameras = 8,
     .people = {.warmth = .55, .vividness = .45, .formality = .2},
     .places = {1.4F, 1, .3F, 1, 0, .2F, 1, 0, 1},
     .weathers = {1, 1, 1, .2F, 1, 0, 0},
     .illuminations = {1, .1F, 0, 0, 0, .9F, 1.6F},
     .look = {.eye_height = {2.2F, 4.5F},
              .distance = {4, 12},
              .temperature = {.0F, .75F},
              .tint = {-.2F, .1F},
              .exposure = {-.7F, .2F},
              .contrast = {1.0F, 1.35F},
              .saturation = {.5F, 1.0F},
              .vignette = {.05F, .35F},
              .blur = {.5F, 1.4F},
              .motion = {.8F, 4},
              .noise = {4, 9},
              .quality = {45, 80},
              .rows = {90, 180},
              .box_error = {.02F, .05F},
              .occlusion = {.06F, .16F},
              .crowd = {.1F, .3F}}}};

/// The look that all domains share where the dial is at 0.
constexpr LookOf<float> kCommon{.eye_height = 2.2F,
                                .distance = 8,
                                .temperature = 0,
                                .tint = 0,
                                .exposure = 0,
                                .contrast = 1,
                                .saturation = 1,
                                .vignette = 0,
                                .blur = .3F,
                                .motion = 0,
                                .noise = 1,
                                .quality = 92,
                                .rows = 256,
                                .box_error = .02F,
                                .occlusion = 0,
                                .crowd = .2F};
constexpr double kCommonWarmth = .5, kCommonVividness = .5, kCommonFormality = .25;

/// Calls `each` with the same member of three looks.
template <class A, class B, class C, class Each>
void zip(A& a, B& b, C& c, const Each& each) {
  each(a.eye_height, b.eye_height, c.eye_height);
  each(a.distance, b.distance, c.distance);
  each(a.temperature, b.temperature, c.temperature);
  each(a.tint, b.tint, c.tint);
  each(a.exposure, b.exposure, c.exposure);
  each(a.contrast, b.contrast, c.contrast);
  each(a.saturation, b.saturation, c.saturation);
  each(a.vignette, b.vignette, c.vignette);
  each(a.blur, b.blur, c.blur);
  each(a.motion, b.motion, c.motion);
  each(a.noise, b.noise, c.noise);
  each(a.quality, b.quality, c.quality);
  each(a.rows, b.rows, c.rows);
  each(a.box_error, b.box_error, c.box_error);
  each(a.occlusion, b.occlusion, c.occlusion);
  each(a.crowd, b.crowd, c.crowd);
}

/// Weights that sum to 1, moved towards equal ones.
template <size_t N>
std::array<float, N> toward_equal(std::array<float, N> weights, float shift) {
  float sum = 0;
  for (const float weight : weights) sum += weight;
  for (float& weight : weights) weight = mix(1.F / N, weight / sum, shift);
  return weights;
}

/// An index from 1.
template <size_t N>
int draw_index(const std::array<float, N>& weights, RandomStream& random) {
  float sum = 0;
  for (const float weight : weights) sum += weight;
  auto rest = static_cast<float>(random.uniform(0, sum));
  int last = 1;
  for (size_t i = 0; i < N; ++i) {
    if (weights[i] <= 0) continue;
    last = static_cast<int>(i) + 1;
    if (rest < weights[i]) break;
    rest -= weights[i];
  }
  return last;
}

}  // namespace

std::span<const Domain> domains() { return kDomains; }

const Domain& find_domain(const std::string& name) {
  const auto found = std::ranges::find(kDomains, std::string_view(name), &Domain::name);
  if (found != std::end(kDomains)) return *found;
  std::vector<std::string> names;
  for (const Domain& domain : kDomains) names.emplace_back(domain.name);
  throw InvalidArgument(fmt::format("unknown domain '{}': expected one of {}; did you mean '{}'?", name,
                                    fmt::join(names, ", "), nearest(name, names)));
}

Domain shifted(const Domain& domain, double shift) {
  DMF_CHECK(shift >= 0 && shift <= 1, InvalidArgument, "domain shift: expected 0 … 1, got {}", shift);
  const auto s = static_cast<float>(shift);
  Domain result = domain;
  zip(result.look, domain.look, kCommon, [&](Span& to, const Span& from, float common) {
    to = {mix(common, from.low, s), mix(common, from.high, s)};
  });
  result.places = toward_equal(domain.places, s);
  result.weathers = toward_equal(domain.weathers, s);
  result.illuminations = toward_equal(domain.illuminations, s);
  result.people.warmth += (1 - shift) * (kCommonWarmth - domain.people.warmth);
  result.people.vividness += (1 - shift) * (kCommonVividness - domain.people.vividness);
  result.people.formality += (1 - shift) * (kCommonFormality - domain.people.formality);
  return result;
}

CameraStyle draw_camera(const Domain& domain, uint64_t seed, int number) {
  RandomStream random(seed, fmt::format("world camera {}", domain.name), {static_cast<uint64_t>(number)});
  CameraStyle camera;
  camera.number = number;
  LookOf<float>& look = camera;
  zip(look, domain.look, domain.look, [&](float& to, const Span& from, const Span&) {
    to = mix(from.low, from.high, static_cast<float>(random.uniform()));
  });
  camera.place = draw_index(domain.places, random);
  camera.path = static_cast<float>(random.uniform(0, std::numbers::pi));
  // Cameras that see people from straight above are of no use for telling them apart.
  constexpr float kSteepest = .62F;
  camera.distance = std::max(camera.distance, (camera.eye_height - .8F) / kSteepest);
  camera.walk_radius = std::min(2.4F, .3F * camera.distance);
  return camera;
}

Surroundings draw_surroundings(const Domain& domain, RandomStream& random) {
  Surroundings surroundings;
  surroundings.weather = draw_index(domain.weathers, random);
  surroundings.illumination = draw_index(domain.illuminations, random);
  return surroundings;
}

}  // namespace dmf::world
