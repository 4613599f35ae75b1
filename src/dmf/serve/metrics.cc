#include "dmf/serve/metrics.h"

#include <fmt/format.h>

namespace dmf::serve {

std::string metric_text(const std::string& name, const std::string& type, const std::string& help,
                        double value) {
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

void Metrics::count(const std::string& route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++statuses_[{route, status}];
  Times& times = times_[route];
  for (size_t i = 0; i < kBounds.size(); ++i) times.below[i] += seconds <= kBounds[i];
  ++times.count;
  times.sum += seconds;
}

std::string Metrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string text = "# HELP dmf_requests_total Requests answered.\n# TYPE dmf_requests_total counter\n";
  for (const auto& [key, count] : statuses_)
    text +=
        fmt::format("dmf_requests_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  text += "# HELP dmf_request_seconds Time in work.\n# TYPE dmf_request_seconds histogram\n";
  for (const auto& [route, times] : times_) {
    for (size_t i = 0; i < kBounds.size(); ++i)
      text += fmt::format("dmf_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, kBounds[i],
                          times.below[i]);
    text += fmt::format(
        "dmf_request_seconds_bucket{{route=\"{0}\",le=\"+Inf\"}} "
        "{1}\ndmf_request_seconds_sum{{route=\"{0}\"}} {2}\n"
        "dmf_request_seconds_count{{route=\"{0}\"}} {1}\n",
        route, times.count, times.sum);
  }
  return text;
}

}  // namespace dmf::serve
