#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dmf::cli {

/// What a report is about: a run, or a result that `dmf eval --json FILE` wrote.
struct ReportSource {
  std::filesystem::path file;           ///< of the result
  std::filesystem::path folder;         ///< of the run; empty where there is only a result
  nlohmann::json document;              ///< the result, an object
  std::vector<nlohmann::json> results;  ///< its tests, objects; may be none
  std::vector<nlohmann::json> metrics;  ///< lines of metrics.jsonl; none without a run
  std::filesystem::path model;          ///< its model file; empty where none is named; it need not be there
  std::string precision = "auto";       ///< that the tests were computed in, as EmbedOptions has it
  bool flip = false;                    ///< whether the tests averaged over mirror images
  std::string name;                     ///< for the title

  /// What the result says of the training, or what the model file said; an object.
  nlohmann::json training() const;
};

/// @param where  a run folder, or a file of results
/// @throws DataError  there is none, or it is broken (naming file and line)
ReportSource read_report_source(const std::filesystem::path& where);

}  // namespace dmf::cli
