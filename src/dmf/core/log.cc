#include "dmf/core/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

#include "dmf/core/error.h"
#include "dmf/core/progress.h"

namespace dmf {
namespace {

constexpr int64_t kToldInFull = 5;

}  // namespace

void configure_log(const std::string& level) {
  auto logger =
      std::make_shared<spdlog::logger>("dmf", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%^%l%$: %v");
  spdlog::set_default_logger(logger);
  if (level == "quiet") {
    spdlog::set_level(spdlog::level::err);
  } else if (level == "normal") {
    spdlog::set_level(spdlog::level::info);
  } else if (level == "verbose") {
    spdlog::set_level(spdlog::level::debug);
  } else {
    throw InvalidArgument(Expectation{"log", "level", "quiet, normal or verbose", level, ""}.message());
  }
  Progress::set_enabled(level != "quiet");
}

void WarningCounter::add(const std::string& kind, const std::string& detail) {
  const int64_t count = ++counts_[kind];
  if (count <= kToldInFull) spdlog::warn("{}: {}", kind, detail);
}

void WarningCounter::report() const {
  for (const auto& [kind, count] : counts_) {
    if (count > kToldInFull)
      spdlog::warn("{}: {} in all (the first {} are told above)", kind, count, kToldInFull);
  }
}

int64_t WarningCounter::count(const std::string& kind) const {
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

int64_t WarningCounter::total() const {
  int64_t sum = 0;
  for (const auto& [kind, count] : counts_) sum += count;
  return sum;
}

}  // namespace dmf
