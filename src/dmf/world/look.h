#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dmf/world/domain.h"
#include "dmf/world/vec.h"

namespace dmf::world {

/// An image as files hold it: sRGB, 8 bits, red green blue, rows from top to bottom.
struct Image8 {
  int height = 0, width = 0;
  std::vector<uint8_t> rgb;
};

/// What a camera makes of the light that reaches it, in the order of a real one: blur, white balance,
/// exposure, tone, fewer rows, noise, its own JPEG, back to the size asked for.
/// @param light  linear RGB, [height * width]; `gain` of it is a middle exposure
Image8 develop(const std::vector<Vec3>& light, int height, int width, const LookOf<float>& look, float gain,
               RandomStream& random);

/// JPEG of an image. @param quality  1 … 100
std::vector<std::byte> encode_jpeg(const Image8& image, int quality);

/// Draws rain and snow that fall before the camera: each drop and flake hides what lies behind it.
/// @param focal  of the camera, pixels
/// @param depth  of what the image shows, metres, [height * width]
void add_precipitation(std::vector<Vec3>& light, const std::vector<float>& depth, int height, int width,
                       const Daylight& daylight, float focal, RandomStream& random);

}  // namespace dmf::world
