#pragma once
#include <nlohmann/json_fwd.hpp>

#include "dmf/eval/calibrate.h"
#include "dmf/eval/open_set.h"
#include "dmf/eval/statistics.h"

namespace dmf::eval {

/// Figures as every document and the Python module show them; json finds these functions by itself.
void to_json(nlohmann::json& json, const Interval& interval);      ///< [low, high]
void to_json(nlohmann::json& json, const OperatingPoint& point);   ///< an object, keys as the members
void to_json(nlohmann::json& json, const OpenSetResult& result);   ///< likewise
void to_json(nlohmann::json& json, const Calibration& found);      ///< likewise
void to_json(nlohmann::json& json, const Transfer& found);         ///< likewise
void to_json(nlohmann::json& json, const Comparison& comparison);  ///< likewise

}  // namespace dmf::eval
