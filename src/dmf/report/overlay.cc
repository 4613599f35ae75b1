#include "dmf/report/overlay.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr int64_t kFieldRows = 8, kFieldColumns = 4;
constexpr float kStrongest = 0.75F;  // of the picture that the largest value covers

/// The four patches that a pixel's value along one axis comes from, and their weights: cubic convolution
/// (Keys 1981, a = -1/2), which passes through the patches' values at their middles.
struct Neighbours {
  std::array<int64_t, 4> patches{};
  std::array<float, 4> weights{};
};

Neighbours neighbours_of(int64_t pixel, int64_t pixels, int64_t patches) {
  const float place =
      (static_cast<float>(pixel) + 0.5F) * static_cast<float>(patches) / static_cast<float>(pixels) - 0.5F;
  const float inside = std::clamp(place, 0.F, static_cast<float>(patches - 1));
  const auto first = static_cast<int64_t>(inside);
  const float t = inside - static_cast<float>(first);
  Neighbours found;
  for (int64_t k = 0; k < 4; ++k)
    found.patches[static_cast<size_t>(k)] = std::clamp<int64_t>(first - 1 + k, 0, patches - 1);
  found.weights = {(-t + 2 * t * t - t * t * t) / 2, (2 - 5 * t * t + 3 * t * t * t) / 2,
                   (t + 4 * t * t - 3 * t * t * t) / 2, (t * t * t - t * t) / 2};
  return found;
}

/// Violet, red, orange, yellow: lightness grows with the value.
std::array<float, 3> heat(float value) {
  static constexpr std::array<std::array<float, 3>, 5> kStops{
      {{40, 11, 84}, {101, 21, 110}, {190, 50, 70}, {243, 120, 25}, {252, 230, 90}}};
  const float place = std::clamp(value, 0.F, 1.F) * (kStops.size() - 1);
  const size_t first = std::min(static_cast<size_t>(place), kStops.size() - 2);
  const float share = place - static_cast<float>(first);
  std::array<float, 3> colour{};
  for (size_t c = 0; c < 3; ++c)
    colour[c] = kStops[first][c] + (kStops[first + 1][c] - kStops[first][c]) * share;
  return colour;
}

}  // namespace

PatchMap shown(PatchMap map) {
  const float largest = map.values.empty() ? 0 : *std::max_element(map.values.begin(), map.values.end());
  for (float& value : map.values) value = largest > 0 ? std::max(value, 0.F) / largest : 0;
  return map;
}

std::vector<float> at_pixels(const PatchMap& map, int64_t height, int64_t width) {
  DMF_CHECK(
      map.rows >= 1 && map.columns >= 1 && static_cast<int64_t>(map.values.size()) == map.rows * map.columns,
      InvalidArgument, "map of {} x {} patches with {} values", map.rows, map.columns, map.values.size());
  DMF_CHECK(height >= 1 && width >= 1, InvalidArgument, "map over an image of {} x {} pixels", height, width);
  const auto [lowest, highest] = std::minmax_element(map.values.begin(), map.values.end());
  std::vector<float> values;
  values.reserve(static_cast<size_t>(height * width));
  for (int64_t y = 0; y < height; ++y) {
    const Neighbours rows = neighbours_of(y, height, map.rows);
    for (int64_t x = 0; x < width; ++x) {
      const Neighbours columns = neighbours_of(x, width, map.columns);
      float value = 0;
      for (size_t i = 0; i < 4; ++i) {
        const float* row = map.values.data() + rows.patches[i] * map.columns;
        for (size_t j = 0; j < 4; ++j)
          value += rows.weights[i] * columns.weights[j] * row[columns.patches[j]];
      }
      // The curve swings a little beyond what it passes through.
      values.push_back(std::clamp(value, *lowest, *highest));
    }
  }
  return values;
}

data::Pixels overlay(const data::Pixels& picture, const PatchMap& map, int64_t height, int64_t width) {
  const std::vector<float> values = at_pixels(map, height, width);
  data::Pixels result = data::resize_pixels(picture, height, width);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::array<float, 3> colour = heat(values[i]);
    const float cover = kStrongest * std::clamp(values[i], 0.F, 1.F);
    for (size_t c = 0; c < 3; ++c) {
      uint8_t& byte = result.rgb[3 * i + c];
      byte = static_cast<uint8_t>(std::lround(static_cast<float>(byte) * (1 - cover) + colour[c] * cover));
    }
  }
  return result;
}

data::Pixels unrecognisable(const data::Pixels& picture) {
  return data::resize_pixels(data::resize_pixels(picture, kFieldRows, kFieldColumns), picture.height,
                             picture.width);
}

}  // namespace dmf::report
