#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/search/crop.h"

namespace dmf::cli {

/// A picture that is to be indexed, with what is known of it. Its source is the file's absolute path, its
/// version the file's size and time of change.
struct CropInput {
  std::filesystem::path path;
  search::Crop crop;
};

struct CropSources {
  std::vector<std::string> inputs;  ///< images, folders, datasets, CSV files with a column `path`
  std::string split = "all";        ///< of datasets
  search::Crop defaults;            ///< what holds for each picture of which the inputs say nothing else
};

/// Gathers the pictures of all inputs, in order; one that is named twice counts once, with a warning. A
/// dataset tells identities and cameras. A CSV file (RFC 4180, with a header line) has `path`, relative to
/// its folder, and any of camera, time, identity, tags (parted by semicolons).
/// @throws DataError        as open_dataset() and images_below(); a CSV file's column or line, named
/// @throws InvalidArgument  a time that is none
std::vector<CropInput> gather_crops(const CropSources& sources);

}  // namespace dmf::cli
