#pragma once
#include <array>
#include <string>
#include <vector>

#include "dmf/report/canvas.h"

namespace dmf::report {

/// What a point stands for: its mark.
enum class Mark { kDisc, kSquare };

struct ScatterPoint {
  double x = 0, y = 0;
  size_t group = 0;  ///< its colour
  Mark mark = Mark::kDisc;
};

/// Points in a plane whose axes mean nothing by themselves: only distances do, so both axes have one scale.
struct ScatterPanel {
  std::string title, note;
  std::vector<ScatterPoint> points;
  std::vector<std::array<size_t, 2>> lines;  ///< pairs of points that are joined
};

/// Draws panels side by side.
/// @param marks  what a disc and a square mean, for the legend
/// @throws InvalidArgument  no panel, a panel without points, or a point that is not finite
Canvas draw(const std::vector<ScatterPanel>& panels, const std::string& title,
            const std::array<std::string, 2>& marks);

/// The same as SVG for a page (svg.h).
std::string to_svg(const std::vector<ScatterPanel>& panels, const std::string& title,
                   const std::array<std::string, 2>& marks);

}  // namespace dmf::report
