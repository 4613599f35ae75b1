#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/eval/statistics.h"

namespace dmf::cli {

/// Compares two files that `dmf eval --json FILE` wrote, dataset by dataset.
struct ResultComparison {
  std::string text;     ///< for the terminal
  nlohmann::json json;  ///< an entry for each dataset that both hold
};

/// @throws DataError  a file is not such a result, holds no per-query figures, or the two have no dataset in
///   common (the same fingerprint); InvalidArgument as eval::compare()
ResultComparison compare_results(const std::filesystem::path& first, const std::filesystem::path& second,
                                 const eval::BootstrapOptions& options = {});

}  // namespace dmf::cli
