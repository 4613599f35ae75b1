#include "dmf/data/augmented_images.h"

#include <algorithm>
#include <cstring>

#include "dmf/core/error.h"
#include "dmf/data/over_images.h"
#include "dmf/data/pixels.h"

namespace dmf::data {
namespace {

constexpr int64_t kPeriod = 48;  // values after which the channels stand as before, in whole vectors

/// Scales and shifts of kPeriod values that follow each other, and a row of black pixels, scaled.
struct Pattern {
  alignas(64) float scale[kPeriod], shift[kPeriod];
  std::vector<float> black;
  Pattern(const PixelScale& pixels, int64_t width) : black(static_cast<size_t>(3 * width)) {
    for (size_t i = 0; i < kPeriod; ++i) {
      scale[i] = pixels.scale[i % 3];
      shift[i] = pixels.shift[i % 3];
    }
    for (size_t i = 0; i < black.size(); ++i) black[i] = pixels.shift[i % 3];
  }
};

/// to[i] = from[i] * scale + shift, the product rounded before the sum as libtorch's operators have it.
void scale_values(const uint8_t* __restrict from, int64_t count, const Pattern& pattern,
                  float* __restrict to) {
  const float* __restrict scale = pattern.scale;
  const float* __restrict shift = pattern.shift;
  int64_t i = 0;
  for (; i + kPeriod <= count; i += kPeriod) {
    for (int64_t j = 0; j < kPeriod; ++j) to[i + j] = static_cast<float>(from[i + j]) * scale[j] + shift[j];
  }
  for (int64_t j = 0; i + j < count; ++j) to[i + j] = static_cast<float>(from[i + j]) * scale[j] + shift[j];
}

/// Pixels of three bytes in reverse order.
void reverse_pixels(const uint8_t* from, int64_t count, uint8_t* to) {
  for (int64_t i = 0; i < count; ++i) std::memcpy(to + 3 * i, from + 3 * (count - 1 - i), 3);
}

/// Writes `count` black pixels, scaled.
void fill_black(const Pattern& pattern, int64_t count, float* to) {
  std::memcpy(to, pattern.black.data(), static_cast<size_t>(3 * count) * sizeof(float));
}

/// Size of an image, and what is worked on for one of them.
struct Writer {
  int64_t height, width;
  const Pattern& pattern;

  /// A picture [height, width, 3], changed and scaled. @param row  memory for a row of it
  void write(const uint8_t* rgb, const Change& change, uint8_t* row, float* to) const {
    const int64_t behind = std::max<int64_t>(change.left, 0), before = std::max<int64_t>(-change.left, 0);
    const int64_t shown = width - before - behind;
    for (int64_t y = 0; y < height; ++y, to += 3 * width) {
      const int64_t source = y + change.top;
      if (source < 0 || source >= height) {
        fill_black(pattern, width, to);
        continue;
      }
      const uint8_t* from = rgb + source * width * 3;
      if (change.is_flipped) {
        reverse_pixels(from, width, row);
        from = row;
      }
      fill_black(pattern, before, to);
      scale_values(from + 3 * behind, 3 * shown, pattern, to + 3 * before);
      fill_black(pattern, behind, to + 3 * (before + shown));
      const int64_t in_rectangle = y - change.erased_top;
      if (in_rectangle >= 0 && in_rectangle < change.erased_height)
        fill_black(pattern, change.erased_width, to + 3 * change.erased_left);
    }
  }
};

}  // namespace

torch::Tensor load_augmented(const std::vector<std::filesystem::path>& paths, int64_t height, int64_t width,
                             const AugmentOptions& options, const PixelScale& scale, RandomStream& random) {
  DMF_CHECK(height > 0 && width > 0 && options.pad < height && options.pad < width, InvalidArgument,
            "load_augmented: {} x {} pixels, padded by {}", height, width, options.pad);
  DMF_CHECK(options.fill == "zero", InvalidArgument, "load_augmented: fill is zero, got '{}'", options.fill);
  const auto count = static_cast<int64_t>(paths.size());
  const std::vector<Change> changes = draw_changes(count, height, width, options, random);
  const torch::Tensor result =
      torch::empty({count, 3, height, width},
                   at::TensorOptions(torch::kFloat32).memory_format(at::MemoryFormat::ChannelsLast));
  auto* const values = result.mutable_data_ptr<float>();
  const Pattern pattern(scale, width);
  const Writer writer{height, width, pattern};
  over_images(count, 0, BrokenImages::kFail, [&](int64_t i) {
    thread_local std::vector<uint8_t> picture, row;
    picture.resize(static_cast<size_t>(height * width * 3));
    row.resize(static_cast<size_t>(width * 3));
    decode_into(paths[static_cast<size_t>(i)], height, width, picture.data());
    writer.write(picture.data(), changes[static_cast<size_t>(i)], row.data(),
                 values + i * height * width * 3);
  });
  return result;
}

}  // namespace dmf::data
