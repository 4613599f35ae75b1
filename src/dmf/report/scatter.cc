#include "dmf/report/scatter.h"

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/report/svg.h"

namespace dmf::report {
namespace {

constexpr double kSide = 380, kMargin = 20, kTop = 112, kInset = 16, kRadius = 4.5;

/// From a panel's points to places in its box: one scale for both axes, the points' middle in the box's
/// middle.
class Placing {
 public:
  Placing(const ScatterPanel& panel, const Box& box) : box_(box) {
    double left = panel.points[0].x, right = left, low = panel.points[0].y, high = low;
    for (const ScatterPoint& point : panel.points) {
      left = std::min(left, point.x);
      right = std::max(right, point.x);
      low = std::min(low, point.y);
      high = std::max(high, point.y);
    }
    x_ = (left + right) / 2;
    y_ = (low + high) / 2;
    scale_ = (box.width - 2 * kInset) / std::max({right - left, high - low, 1e-12});
  }
  double x(const ScatterPoint& point) const { return box_.x + box_.width / 2 + (point.x - x_) * scale_; }
  double y(const ScatterPoint& point) const { return box_.y + box_.height / 2 - (point.y - y_) * scale_; }

 private:
  Box box_;
  double x_, y_, scale_;
};

void draw_mark(Pen& pen, Mark mark, double x, double y, Colour colour) {
  if (mark == Mark::kDisc) return pen.disc(x, y, kRadius, colour);
  pen.fill({x - kRadius, y - kRadius, 2 * kRadius, 2 * kRadius}, colour);
}

void draw_panel(Pen& pen, const ScatterPanel& panel, const Box& box) {
  pen.text(panel.title, box.x, box.y - 24, {.size = 13, .is_bold = true});
  pen.text(panel.note, box.x, box.y - 8, {.size = 11, .colour = kFaint});
  pen.frame(box, kGrid, 1);
  const Placing placing(panel, box);
  for (const auto& [from, to] : panel.lines) {
    const ScatterPoint &a = panel.points[from], &b = panel.points[to];
    pen.line(placing.x(a), placing.y(a), placing.x(b), placing.y(b), kGrid, 1.2);
  }
  for (const ScatterPoint& point : panel.points)
    draw_mark(pen, point.mark, placing.x(point), placing.y(point), series_colour(point.group));
}

void check(const ScatterPanel& panel) {
  DMF_CHECK(!panel.points.empty(), InvalidArgument, "scatter plot `{}`: nothing to draw", panel.title);
  for (const ScatterPoint& point : panel.points) {
    DMF_CHECK(std::isfinite(point.x) && std::isfinite(point.y), InvalidArgument,
              "scatter plot `{}`: a point at {}, {}; expected finite numbers", panel.title, point.x, point.y);
  }
}

double width_of(const std::vector<ScatterPanel>& panels) {
  return kMargin + static_cast<double>(panels.size()) * (kSide + kMargin);
}

void draw_on(Pen& pen, const std::vector<ScatterPanel>& panels, const std::string& title,
             const std::array<std::string, 2>& marks) {
  pen.text(title, kMargin, 28, {.size = 17, .is_bold = true});
  double x = kMargin;
  for (const size_t i : {size_t{0}, size_t{1}}) {
    draw_mark(pen, i == 0 ? Mark::kDisc : Mark::kSquare, x + kRadius, 48, kFaint);
    pen.text(marks[i], x + 16, 52, {.size = 12, .colour = kFaint});
    x += 36 + pen.text_width(marks[i], {.size = 12});
  }
  for (size_t i = 0; i < panels.size(); ++i)
    draw_panel(pen, panels[i], {kMargin + static_cast<double>(i) * (kSide + kMargin), kTop, kSide, kSide});
}

void check(const std::vector<ScatterPanel>& panels, const std::string& title) {
  DMF_CHECK(!panels.empty(), InvalidArgument, "scatter plot `{}`: nothing to draw", title);
  for (const ScatterPanel& panel : panels) check(panel);
}

}  // namespace

Canvas draw(const std::vector<ScatterPanel>& panels, const std::string& title,
            const std::array<std::string, 2>& marks) {
  check(panels, title);
  Canvas canvas(static_cast<int64_t>(width_of(panels)), static_cast<int64_t>(kTop + kSide + kMargin));
  draw_on(canvas, panels, title, marks);
  return canvas;
}

std::string to_svg(const std::vector<ScatterPanel>& panels, const std::string& title,
                   const std::array<std::string, 2>& marks) {
  check(panels, title);
  Svg svg(width_of(panels), kTop + kSide + kMargin, title);
  draw_on(svg, panels, title, marks);
  return svg.markup();
}

}  // namespace dmf::report
