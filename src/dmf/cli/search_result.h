#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/search/exact.h"
#include "dmf/search/gallery.h"

namespace dmf::cli {

/// A calibrated threshold of cosine distance (`dmf eval --calibrate`).
struct SameThreshold {
  double distance = 0, low = 0, high = 0;  ///< with its 95 % interval
  double far = 0;                          ///< share of wrong pairs that it accepted on `dataset`
  std::string dataset;
};

/// The threshold of a model file, if it has one for this distance. Why it cannot be used is logged.
/// @throws DataError  not a model file
std::optional<SameThreshold> same_threshold(const std::filesystem::path& model);

/// "same", "unsure" (within the threshold's interval) or "different".
const char* decision(double similarity, const SameThreshold& threshold);

/// A query and what was found.
struct Found {
  std::string query;      ///< path, sentence or "crop 7"
  std::string read_as;    ///< of a sentence: its key words
  bool is_judged = true;  ///< a threshold holds for pairs of pictures alone
  std::vector<search::Hit> hits;
};

/// One query's table for the terminal.
std::string hit_table(const Found& found, const search::Gallery& gallery,
                      const std::optional<SameThreshold>& threshold);

nlohmann::json to_json(const Found& found, const search::Gallery& gallery,
                       const std::optional<SameThreshold>& threshold);
nlohmann::json to_json(const SameThreshold& threshold);

/// The threshold in words, or that there is none.
std::string threshold_text(const std::optional<SameThreshold>& threshold);

}  // namespace dmf::cli
