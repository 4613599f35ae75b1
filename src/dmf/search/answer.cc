#include "dmf/search/answer.h"

#include <cmath>

#include "dmf/core/error.h"

namespace dmf::search {

const char* decision(double similarity, const SameThreshold& threshold) {
  const double distance = 1 - similarity;
  if (distance < threshold.low) return "same";
  return distance <= threshold.high ? "unsure" : "different";
}

nlohmann::json to_json(const SameThreshold& threshold) {
  return {{"similarity", 1 - threshold.distance},
          {"similarity_interval", {1 - threshold.high, 1 - threshold.low}},
          {"far", threshold.far},
          {"dataset", threshold.dataset}};
}

nlohmann::json to_json(const Crop& crop) {
  return {{"id", crop.id},
          {"source", crop.source},
          {"camera", crop.camera},
          {"identity", crop.identity},
          {"tags", crop.tags},
          {"time", crop.time ? nlohmann::json(time_text(*crop.time)) : nlohmann::json()}};
}

std::vector<float> weighted_mean(const std::vector<std::pair<const std::vector<float>*, double>>& parts) {
  std::vector<double> sum(parts[0].first->size());
  for (const auto& [vector, weight] : parts) {
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += weight * static_cast<double>((*vector)[k]);
  }
  double square = 0;
  for (const double value : sum) square += value * value;
  DMF_CHECK(square > 0, InvalidArgument, "[search] the queries' vectors cancel each other out");
  std::vector<float> mean;
  for (const double value : sum) mean.push_back(static_cast<float>(value / std::sqrt(square)));
  return mean;
}

}  // namespace dmf::search
