#include "dmf/data/change_writer.h"

#include <algorithm>
#include <cstring>

namespace dmf::data {
namespace {

/// Pixels of three bytes in reverse order.
void reverse_pixels(const uint8_t* from, int64_t count, uint8_t* to) {
  for (int64_t i = 0; i < count; ++i) std::memcpy(to + 3 * i, from + 3 * (count - 1 - i), 3);
}

}  // namespace

ChangeWriter::ChangeWriter(int64_t height, int64_t width, const PixelScale& scale)
    : height_(height), width_(width), scale_{}, shift_{}, black_(static_cast<size_t>(3 * width)) {
  for (size_t i = 0; i < kPeriod; ++i) {
    scale_[i] = scale.scale[i % 3];
    shift_[i] = scale.shift[i % 3];
  }
  for (size_t i = 0; i < black_.size(); ++i) black_[i] = scale.shift[i % 3];
}

/// to[i] = from[i] * scale + shift, the product rounded before the sum as libtorch's operators have it.
void ChangeWriter::scale_values(const uint8_t* __restrict from, int64_t count, float* __restrict to) const {
  const float* __restrict scale = scale_.data();
  const float* __restrict shift = shift_.data();
  int64_t i = 0;
  for (; i + kPeriod <= count; i += kPeriod) {
    for (int64_t j = 0; j < kPeriod; ++j) to[i + j] = static_cast<float>(from[i + j]) * scale[j] + shift[j];
  }
  for (int64_t j = 0; i + j < count; ++j) to[i + j] = static_cast<float>(from[i + j]) * scale[j] + shift[j];
}

void ChangeWriter::fill_black(int64_t pixels, float* to) const {
  std::memcpy(to, black_.data(), static_cast<size_t>(3 * pixels) * sizeof(float));
}

void ChangeWriter::write(const uint8_t* rgb, const Change& change, uint8_t* row, float* to) const {
  const int64_t behind = std::max<int64_t>(change.left, 0), before = std::max<int64_t>(-change.left, 0);
  const int64_t shown = width_ - before - behind;
  for (int64_t y = 0; y < height_; ++y, to += 3 * width_) {
    const int64_t source = y + change.top;
    if (source < 0 || source >= height_) {
      fill_black(width_, to);
      continue;
    }
    const uint8_t* from = rgb + source * width_ * 3;
    if (change.is_flipped) {
      reverse_pixels(from, width_, row);
      from = row;
    }
    fill_black(before, to);
    scale_values(from + 3 * behind, 3 * shown, to + 3 * before);
    fill_black(behind, to + 3 * (before + shown));
    const int64_t in_rectangle = y - change.erased_top;
    if (in_rectangle >= 0 && in_rectangle < change.erased_height)
      fill_black(change.erased_width, to + 3 * change.erased_left);
  }
}

}  // namespace dmf::data
