#pragma once
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

namespace dmf::serve {

/// The log of who searched, changed or deleted what: a JSON object a line, appended before the client has its
/// answer. What was searched for (the picture, the sentence) is not in it; what was deleted is.
class Audit {
 public:
  /// @param file  made where it is missing; only its owner may read it. Empty: nothing is written
  /// @throws DataError  it cannot be written
  explicit Audit(std::filesystem::path file);

  /// Appends `entry` with the time. The file is opened for each line: it may be moved away at any time.
  /// @throws DataError  it cannot be written
  void write(nlohmann::json entry);

 private:
  std::filesystem::path file_;
  std::mutex mutex_;
};

}  // namespace dmf::serve
