#pragma once
#include <cstdint>
#include <string>

#include "dmf/data/pixels.h"

namespace dmf::serve {

/// Looks at a picture's header: nothing is decoded, so that a picture of a few bytes cannot claim gigabytes.
/// JPEG, PNG, WebP, BMP and PNM are read. (TIFF is not: its header may lie about what is decoded.)
/// @param most_pixels  that are decoded
/// @throws Refusal  415: none of these formats; 422: too many pixels, or a broken header
void check_picture(const std::string& bytes, int64_t most_pixels);

/// A checked picture, stretched to height × width (data::kNativeSize: as it is).
/// @throws Refusal  422: broken or cut off
data::Pixels decode_picture(const std::string& bytes, int64_t height = data::kNativeSize,
                            int64_t width = data::kNativeSize);

}  // namespace dmf::serve
