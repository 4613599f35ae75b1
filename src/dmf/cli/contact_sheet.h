#pragma once
#include <filesystem>

#include "dmf/world/plan.h"

namespace dmf::cli {

/// Writes a PNG of some persons of a complete world, each image above its caption.
/// @throws DataError  an image cannot be read, the file not be written
void write_contact_sheet(const world::WorldOptions& options, const std::filesystem::path& folder,
                         const std::filesystem::path& file);

}  // namespace dmf::cli
