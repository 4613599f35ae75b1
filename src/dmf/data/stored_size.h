#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "dmf/data/image_header.h"

namespace dmf::data {

/// The size that a picture's header tells, JPEG or not, before anything is decoded or allocated.
/// @param name  what messages call it
/// @throws DataError  of an unknown format, a broken header, larger than kMaxPixels (pixels.h)
ImageSize stored_size(std::span<const std::byte> bytes, const std::filesystem::path& name);

}  // namespace dmf::data
