#pragma once
#include <optional>
#include <string>
#include <vector>

#include "dmf/report/canvas.h"

namespace dmf::report {

/// A bar with what it may be off by: a line from value - spread to value + spread.
struct Bar {
  double value = 0;
  double spread = 0;
};

/// Groups of bars, one of each series in a group: rows of Table I over test sets, say.
struct BarChart {
  std::string title;
  std::string note;                                   ///< a line below the title
  std::string axis;                                   ///< what is measured, with its unit
  std::vector<std::string> groups;                    ///< below the bars
  std::vector<std::string> series;                    ///< in the legend
  std::vector<std::vector<std::optional<Bar>>> bars;  ///< [series][group]; nothing where there is no figure
};

/// Draws the chart, values above the bars.
/// @throws InvalidArgument  no group, no series, `bars` of another shape, or a value that is negative or not
/// finite
Canvas draw(const BarChart& chart);

}  // namespace dmf::report
