#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace dmf::serve {

/// Counts of requests by route and status, with how long they took, for Prometheus.
class Metrics {
 public:
  void count(const std::string& route, int status, double seconds);
  /// In Prometheus' text form.
  std::string text() const;

 private:
  static constexpr std::array<double, 11> kBounds{0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  struct Times {
    std::array<int64_t, kBounds.size()> below{};
    int64_t count = 0;
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> statuses_;
  std::map<std::string, Times> times_;
};

/// A line with its help: a figure that goes up and down ("gauge") or up alone ("counter").
std::string metric_text(const std::string& name, const std::string& type, const std::string& help,
                        double value);

}  // namespace dmf::serve
