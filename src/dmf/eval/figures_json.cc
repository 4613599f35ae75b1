#include "dmf/eval/figures_json.h"

#include <nlohmann/json.hpp>

namespace dmf::eval {

void to_json(nlohmann::json& json, const Interval& interval) { json = {interval.low, interval.high}; }

void to_json(nlohmann::json& json, const OperatingPoint& point) {
  json = {{"far", point.far}, {"rate", point.rate}, {"threshold", point.threshold}};
}

void to_json(nlohmann::json& json, const OpenSetResult& result) {
  json = {{"genuine_pairs", result.genuine_pairs},
          {"impostor_pairs", result.impostor_pairs},
          {"roc", result.roc},
          {"eer", result.eer},
          {"eer_threshold", result.eer_threshold},
          {"dir", result.dir},
          {"nonmated_searches", result.nonmated_searches},
          {"nonmated", result.nonmated}};
}

void to_json(nlohmann::json& json, const Calibration& found) {
  json = {{"far", found.far},
          {"threshold", found.threshold},
          {"threshold_interval", found.threshold_interval},
          {"true_positive_rate", found.true_positive_rate},
          {"impostor_pairs", found.impostor_pairs},
          {"genuine_pairs", found.genuine_pairs}};
}

void to_json(nlohmann::json& json, const Transfer& found) {
  json = {{"threshold", found.threshold},           {"far", found.far},
          {"far_interval", found.far_interval},     {"true_positive_rate", found.true_positive_rate},
          {"impostor_pairs", found.impostor_pairs}, {"genuine_pairs", found.genuine_pairs}};
}

void to_json(nlohmann::json& json, const Comparison& comparison) {
  json = {{"map_difference", comparison.map_difference},
          {"map_interval", comparison.map_interval},
          {"map_p", comparison.map_p},
          {"rank1_difference", comparison.rank1_difference},
          {"rank1_interval", comparison.rank1_interval},
          {"rank1_p", comparison.rank1_p},
          {"queries", comparison.queries},
          {"identities", comparison.identities},
          {"better", comparison.better},
          {"worse", comparison.worse},
          {"equal", comparison.equal}};
}

}  // namespace dmf::eval
