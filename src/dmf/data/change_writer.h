#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace dmf::data {

/// A pixel's value v of channel c becomes v * scale[c] + shift[c].
struct PixelScale {
  std::array<float, 3> scale, shift;
};

/// What augment() does to one sample of H x W cells.
struct Change {
  bool is_flipped = false;
  /// Corner of the crop in the (flipped) sample's own cells, -pad … pad.
  int64_t top = 0, left = 0;
  /// Of the crop; height 0 = nothing.
  int64_t erased_top = 0, erased_left = 0, erased_height = 0, erased_width = 0;
};

/// Changes and scales pictures of one size, row by row; what is cropped beyond the border or erased is black.
class ChangeWriter {
 public:
  ChangeWriter(int64_t height, int64_t width, const PixelScale& scale);

  /// @param rgb  [height, width, 3]
  /// @param row  memory for a row of it
  /// @param to   [height, width, 3]
  void write(const uint8_t* rgb, const Change& change, uint8_t* row, float* to) const;

 private:
  void scale_values(const uint8_t* from, int64_t count, float* to) const;
  void fill_black(int64_t pixels, float* to) const;

  /// Values after which the channels stand as before, in whole vectors.
  static constexpr int64_t kPeriod = 48;
  int64_t height_, width_;
  std::array<float, kPeriod> scale_, shift_;
  std::vector<float> black_;  ///< a row of black pixels, scaled
};

}  // namespace dmf::data
