#pragma once
#include "dmf/data/inspection.h"

namespace dmf::data {

/// Reads every image: the part of inspect_dataset() that takes time.
ImageInspection inspect_images(const Dataset& dataset, const InspectionOptions& options);

}  // namespace dmf::data
