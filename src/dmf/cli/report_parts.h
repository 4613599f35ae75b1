#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/cli/embedded_test.h"
#include "dmf/cli/report_folder.h"
#include "dmf/cli/report_source.h"
#include "dmf/eval/protocol.h"
#include "dmf/eval/result.h"

namespace dmf::cli {

/// A test as a report tells it.
struct ReportedTest {
  std::string id;         ///< for names of files
  nlohmann::json result;  ///< its figures as they were stored; what was not stored is measured for the report
  std::vector<std::string> remarks;  ///< what a reader must know: the pictures are gone, the figures differ
  /// Where model and dataset are there: the images with their vectors, and what became of each query.
  std::optional<EmbeddedTest> images;
  std::vector<eval::QueryResult> by_query;
  eval::ProtocolOptions protocol;
};

/// The model as a report tells it: names and values; empty where the file is gone.
using ModelCard = std::vector<std::pair<std::string, std::string>>;

/// Parts of the page that need no picture. Each writes its CSV and PNG into the folder. One that has nothing
/// to tell has no body.
report::PagePart results_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                              const ReportFolder& folder);
report::PagePart training_part(const ReportSource& source, const ReportFolder& folder);
report::PagePart curves_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                             const ReportFolder& folder);
report::PagePart cameras_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                              const ReportFolder& folder);
report::PagePart dataset_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                              const ReportFolder& folder);
report::PagePart model_part(const ReportSource& source, const ModelCard& card, const ReportFolder& folder);

/// The figures that stand large at the top.
std::vector<report::Tile> tiles_of(const std::vector<ReportedTest>& tests);

/// `dmf eval` of the report's tests with these flags: what makes a part's figures anew.
std::string eval_command(const ReportSource& source, const std::vector<ReportedTest>& tests,
                         const std::string& flags);

}  // namespace dmf::cli
