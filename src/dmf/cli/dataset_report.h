#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace dmf::cli {

/// What `dmf doctor DATASET` tells about one dataset.
struct DatasetReport {
  std::string text;
  nlohmann::json document;
  int64_t problems = 0;  ///< things that would make a training or its figures wrong
};

/// Opens a dataset and looks into it (data/inspection.h).
/// @param reads_images  whether every image file is read
/// @throws DataError, InvalidArgument  as data::open_dataset()
DatasetReport report_dataset(const std::string& spec, bool reads_images);

}  // namespace dmf::cli
