#pragma once
#include <filesystem>

#include "dmf/world/plan.h"

namespace dmf::world {

/// What a call of write_world() did.
struct WorldReport {
  int64_t images = 0;  ///< in the folder
  int64_t made = 0;    ///< of them by this call
  double seconds = 0;
};

/// Writes a world: images, captions.jsonl, attributes.json and world.json, which tells what it was made of.
/// The same options give the same bytes with any number of threads. A folder that was begun with the same
/// options is completed: identities that are whole are kept. Each file appears whole or not at all.
/// @param threads  0: one for each processor
/// @throws InvalidArgument  options out of range
/// @throws DataError  a folder that holds something else or was made with other options; a full disk
/// @throws Interrupted  the user asked to stop; a second call goes on
WorldReport write_world(const WorldOptions& options, const std::filesystem::path& folder, int threads);

}  // namespace dmf::world
