#pragma once
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace dmf::train {

/// A run's metrics.jsonl: one JSON object a line, each with "stage" and "step".
class MetricsFile {
 public:
  /// Starts the file anew, or keeps the lines of a resumed run up to where it goes on: of earlier stages, and
  /// of `stage` up to `step`.
  /// @param stage  empty: start anew
  /// @throws DataError  the file cannot be written
  MetricsFile(std::filesystem::path path, const std::string& stage, int64_t step);

  /// Adds a line, on the disk when it returns.
  void add(const nlohmann::json& line);

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace dmf::train
