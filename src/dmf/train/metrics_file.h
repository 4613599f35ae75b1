#pragma once
#include <filesystem>
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
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  /// Adds a line, whole or not at all; handed to the system when it returns, so that a killed run keeps it.
  /// @throws DataError  it cannot be written (a full disk, say)
  void add(const nlohmann::json& line);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace dmf::train
