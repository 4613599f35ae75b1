#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dmf/report/canvas.h"
#include "dmf/report/html.h"

namespace dmf::report {

/// Figures in per cent for pairs: query cameras and gallery cameras, say.
struct MatrixChart {
  std::string title;
  std::string row_axis, column_axis;
  std::vector<std::string> rows, columns;
  std::vector<std::vector<std::optional<double>>> values;  ///< [rows][columns], 0 … 100; nothing: no figure
};

/// Draws a field for each pair, the darker the higher, its figure inside.
/// @throws InvalidArgument  no pair, or values that do not fit the names
Canvas draw(const MatrixChart& chart);

/// The same as a table of a page. @throws as draw()
Html to_html(const MatrixChart& chart);

}  // namespace dmf::report
