#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/cli/report_folder.h"
#include "dmf/cli/report_lists.h"
#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// What `dmf report RUN_OR_RESULT` is asked for.
struct PageRequest {
  std::filesystem::path source;    ///< a run folder, or a file of results
  std::string model;               ///< instead of the model file that the source names
  std::vector<std::string> tests;  ///< datasets where they lie now, or others
  std::string data_root;
  std::filesystem::path out;  ///< empty: `report` in the run's folder, or beside the result
  Pictures pictures = Pictures::kShown;
  ReportListsOptions lists;
  int64_t attention = 3;  ///< queries of each test whose attention maps are shown
  embed::EmbedOptions embedding;
};

/// Writes report.html, one file that needs nothing else, and each of its parts as PNG and CSV beside it.
///
/// Figures are those of the result. What a result does not hold (pictures, ROC, pairs of cameras, attention)
/// is made anew from model and dataset; where one of them is gone, the page says so and has the rest.
/// @return  what to tell who asked: the file, its size, and what the page has to remark of each test
/// @throws DataError  no such run or result, or a broken one
std::string report_page(const PageRequest& request);

}  // namespace dmf::cli
