#include "dmf/cli/report_json.h"

#include <fmt/format.h>

#include <cmath>

namespace dmf::cli {

std::optional<double> number_at(const nlohmann::json& object, const std::string& place) {
  const nlohmann::json::json_pointer pointer(place);
  if (!object.contains(pointer) || !object[pointer].is_number()) return std::nullopt;
  const auto value = object[pointer].get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string figure_text(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "–";
}

std::string exact_text(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

}  // namespace dmf::cli
