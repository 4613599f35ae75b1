#pragma once
#include <string>
#include <vector>

namespace dmf {

/// A table for the terminal: first column left-aligned, others right-aligned.
/// @param rows  each with as many cells as `header`
std::string text_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace dmf
