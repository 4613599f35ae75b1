#pragma once
#include <string>
#include <vector>

namespace dmf {

/// A table for the terminal: first column left-aligned, others right-aligned.
/// @param rows  each with as many cells as `header`
std::string text_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

/// A field of a CSV line: quoted as RFC 4180 has it, where it needs that.
std::string csv_field(const std::string& text);

}  // namespace dmf
