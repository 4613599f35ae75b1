#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "dmf/report/canvas.h"

namespace dmf::report {

struct LineSeries {
  std::string name;
  std::vector<Point> points;  ///< x ascending
};

/// A place on the x axis with a line through the chart: where a stage begins, say.
struct ChartMark {
  double x = 0;
  std::string label;
};

/// Curves over one x axis.
struct LineChart {
  std::string title, note;
  std::string x_axis, y_axis;  ///< what is measured, with its unit
  std::vector<LineSeries> series;
  bool has_log_x = false;  ///< x by powers of ten, all x > 0
  std::optional<std::array<double, 2>> y_range;
  std::vector<ChartMark> marks;
  double width = 560, height = 360;
};

/// Draws the chart as a picture.
/// @throws InvalidArgument  no series, a series without points, a number that is not finite, an x that has no
/// logarithm
Canvas draw(const LineChart& chart);

/// The same as SVG for a page (svg.h).
std::string to_svg(const LineChart& chart);

}  // namespace dmf::report
