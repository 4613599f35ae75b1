#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/search/answer.h"
#include "dmf/search/gallery_view.h"

namespace dmf::cli {

/// The threshold of a model file, if it has one for this distance. Why it cannot be used is logged.
/// @throws DataError  not a model file
std::optional<search::SameThreshold> same_threshold(const std::filesystem::path& model);

/// A query and what was found.
struct Found {
  std::string query;      ///< path, sentence or "crop 7"
  std::string read_as;    ///< of a sentence: its key words
  bool is_judged = true;  ///< a threshold holds for pairs of pictures alone
  std::vector<search::Hit> hits;
};

/// One query's table for the terminal.
std::string hit_table(const Found& found, const search::GalleryView& gallery,
                      const std::optional<search::SameThreshold>& threshold);

nlohmann::json to_json(const Found& found, const search::GalleryView& gallery,
                       const std::optional<search::SameThreshold>& threshold);

/// The threshold in words, or that there is none.
std::string threshold_text(const std::optional<search::SameThreshold>& threshold);

}  // namespace dmf::cli
