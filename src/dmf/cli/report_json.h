#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace dmf::cli {

/// A finite number at a place (JSON pointer) of an object; nothing where there is none.
std::optional<double> number_at(const nlohmann::json& object, const std::string& place);

/// A figure with `decimals` digits behind the point; "–" where there is none.
std::string figure_text(const std::optional<double>& value, int decimals = 2);

/// All digits of a figure, for a table of numbers; empty where there is none.
std::string exact_text(const std::optional<double>& value);

}  // namespace dmf::cli
