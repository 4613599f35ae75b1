#pragma once
#include <spdlog/spdlog.h>

#include <map>
#include <string>

namespace dmf {

/// Sends log lines to standard error (standard output is for results) and sets what is shown.
/// @param level  "quiet" (errors only), "normal" or "verbose"
void configure_log(const std::string& level);

/// Warnings of one kind, counted: the first few are told in full, the rest as a number at the end. Nothing
/// that is skipped goes uncounted.
class WarningCounter {
 public:
  /// Counts a warning of `kind` ("image cannot be decoded"), with its place and reason.
  void add(const std::string& kind, const std::string& detail);
  /// Logs what was counted and not yet told.
  void report() const;
  int64_t count(const std::string& kind) const;
  int64_t total() const;
  const std::map<std::string, int64_t>& counts() const { return counts_; }

 private:
  std::map<std::string, int64_t> counts_;
};

}  // namespace dmf
