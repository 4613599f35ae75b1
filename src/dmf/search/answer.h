#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "dmf/search/crop.h"

namespace dmf::search {

/// A calibrated threshold of cosine distance (`dmf eval --calibrate`).
struct SameThreshold {
  double distance = 0, low = 0, high = 0;  ///< with its 95 % interval
  double far = 0;                          ///< share of wrong pairs that it accepted on `dataset`
  std::string dataset;
};

/// "same", "unsure" (within the threshold's interval) or "different".
const char* decision(double similarity, const SameThreshold& threshold);

/// As similarities: {"similarity", "similarity_interval", "far", "dataset"}.
nlohmann::json to_json(const SameThreshold& threshold);

/// A crop's fields: {"id", "source", "camera", "identity", "tags", "time"}; a time that is not known is null.
nlohmann::json to_json(const Crop& crop);

/// The mean of vectors of one width with their weights, of length 1: one query of several.
/// @throws InvalidArgument  they cancel each other out
std::vector<float> weighted_mean(const std::vector<std::pair<const std::vector<float>*, double>>& parts);

}  // namespace dmf::search
