#pragma once
#include <cstdint>
#include <filesystem>

namespace dmf::test {

/// CUHK03 as published: `cuhk-03.mat` (MATLAB 7.3: detected, labeled, testsets) and the two files of the new
/// protocol (MATLAB 5). 2 camera pairs of 6 persons; 2 of the 20 classic splits.
/// @return the folder
std::filesystem::path make_cuhk03_raw(const std::filesystem::path& folder);

/// GRID's `features_and_partitions.mat` with `trainIdxAll`: 2 splits of the persons 1 … `persons` into
/// halves.
void write_grid_partitions(const std::filesystem::path& path, int64_t persons);

}  // namespace dmf::test
