#include "dmf/report/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/report/scale.h"
#include "dmf/report/svg.h"

namespace dmf::report {
namespace {

constexpr double kLeft = 62, kMarginRight = 18, kBottom = 50;
constexpr int kTicks = 5;

/// Colours of lines, the strong ones first.
Colour line_colour(size_t index) {
  static constexpr size_t kOrder[] = {3, 5, 4, 6, 1, 2};
  return series_colour(kOrder[index % std::size(kOrder)]);
}

/// Where the plane of the curves begins.
double top_of(const LineChart& chart) { return chart.note.empty() ? 58 : 76; }

void check(const LineChart& chart) {
  DMF_CHECK(!chart.series.empty(), InvalidArgument, "line chart `{}`: nothing to draw", chart.title);
  for (const LineSeries& series : chart.series) {
    DMF_CHECK(!series.points.empty(), InvalidArgument, "line chart `{}`: `{}` has no point", chart.title,
              series.name);
    for (const auto& [x, y] : series.points) {
      DMF_CHECK(std::isfinite(x) && std::isfinite(y) && (!chart.has_log_x || x > 0), InvalidArgument,
                "line chart `{}`: `{}` has a point at {}, {}; expected finite numbers{}", chart.title,
                series.name, x, y, chart.has_log_x ? ", x above 0" : "");
    }
  }
}

/// One axis: from numbers to pixels, and the numbers written at it.
class Axis {
 public:
  Axis(double low, double high, bool is_log) : is_log_(is_log) {
    if (is_log) {
      for (double power = std::floor(std::log10(low)); power <= std::ceil(std::log10(high)); ++power)
        ticks_.push_back(std::pow(10, power));
      if (ticks_.size() == 1) ticks_.push_back(ticks_[0] * 10);
    } else {
      ticks_ = axis_ticks(low, high, kTicks);
    }
    low_ = is_log ? low : ticks_.front();
    high_ = is_log ? high : ticks_.back();
    if (is_log && low == high) high_ = low * 10;
    std::erase_if(ticks_, [&](double tick) { return tick < low_ * (1 - 1e-9) && is_log_; });
    std::erase_if(ticks_, [&](double tick) { return tick > high_ * (1 + 1e-9) && is_log_; });
  }
  /// Ends exactly at the numbers themselves rather than at the next round ones.
  void cut(double low, double high) {
    if (low == high) return;
    low_ = low;
    high_ = high;
    std::erase_if(ticks_, [&](double tick) { return tick < low || tick > high; });
  }
  void place(double from, double to) {
    from_ = from;
    to_ = to;
  }
  double at(double value) const {
    const double share =
        is_log_ ? std::log(value / low_) / std::log(high_ / low_) : (value - low_) / (high_ - low_);
    return from_ + (to_ - from_) * share;
  }
  const std::vector<double>& ticks() const { return ticks_; }

 private:
  bool is_log_;
  double low_, high_, from_ = 0, to_ = 1;
  std::vector<double> ticks_;
};

std::array<Axis, 2> axes_of(const LineChart& chart) {
  double x_low = chart.series[0].points[0][0], x_high = x_low;
  double y_low = chart.series[0].points[0][1], y_high = y_low;
  for (const LineSeries& series : chart.series) {
    for (const auto& [x, y] : series.points) {
      x_low = std::min(x_low, x);
      x_high = std::max(x_high, x);
      y_low = std::min(y_low, y);
      y_high = std::max(y_high, y);
    }
  }
  if (chart.y_range) {
    y_low = (*chart.y_range)[0];
    y_high = (*chart.y_range)[1];
  }
  std::array<Axis, 2> axes{Axis(x_low, x_high, chart.has_log_x), Axis(y_low, y_high, false)};
  if (!chart.has_log_x) axes[0].cut(x_low, x_high);
  axes[0].place(kLeft, chart.width - kMarginRight);
  axes[1].place(chart.height - kBottom, top_of(chart));
  return axes;
}

void draw_frame(Pen& pen, const LineChart& chart, const Axis& x, const Axis& y) {
  const double top = top_of(chart), bottom = chart.height - kBottom, right = chart.width - kMarginRight;
  pen.text(pen.fitted(chart.title, chart.width - kLeft, {.size = 15, .is_bold = true}), kLeft, 22,
           {.size = 15, .is_bold = true});
  pen.text(pen.fitted(chart.note, chart.width - kLeft, {.size = 11}), kLeft, 39,
           {.size = 11, .colour = kFaint});
  for (const double tick : y.ticks()) {
    const double at = std::round(y.at(tick)) + 0.5;
    pen.line(kLeft, at, right, at, kGrid);
    pen.text(fmt::format("{:g}", tick), kLeft - 7, at + 4,
             {.size = 11, .colour = kFaint, .align = Align::kRight});
  }
  for (const double tick : x.ticks()) {
    pen.line(x.at(tick), bottom, x.at(tick), bottom + 4, kFaint);
    pen.text(fmt::format("{:g}", tick), x.at(tick), bottom + 17,
             {.size = 11, .colour = kFaint, .align = Align::kCentre});
  }
  pen.line(kLeft, bottom + 0.5, right, bottom + 0.5, kFaint);
  pen.text(chart.x_axis, right, chart.height - 12, {.size = 11, .colour = kFaint, .align = Align::kRight});
  pen.text(chart.y_axis, 8, top - 12, {.size = 11, .colour = kFaint});
  for (const ChartMark& mark : chart.marks) {
    // One that lies before the first point, as the first stage's beginning does, stands at the edge.
    const double place = std::max(x.at(mark.x), kLeft);
    pen.line(place, top, place, bottom, kFaint);
    pen.text(mark.label, place + 4, top + 11, {.size = 10, .colour = kFaint});
  }
}

void draw_legend(Pen& pen, const LineChart& chart) {
  const TextStyle style{.size = 11};
  double x = chart.width - kMarginRight;
  const double y = top_of(chart) - 12;
  for (size_t i = chart.series.size(); i-- > 0;) {
    const std::string name = pen.fitted(chart.series[i].name, 190, style);
    x -= pen.text_width(name, style);
    pen.text(name, x, y, style);
    pen.line(x - 22, y - 4, x - 5, y - 4, line_colour(i), 2.5);
    x -= 36;
  }
}

void draw_on(Pen& pen, const LineChart& chart) {
  const auto [x, y] = axes_of(chart);
  draw_frame(pen, chart, x, y);
  if (chart.series.size() > 1) draw_legend(pen, chart);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    std::vector<Point> places;
    for (const auto& [value, height] : chart.series[i].points) places.push_back({x.at(value), y.at(height)});
    if (places.size() == 1) pen.disc(places[0][0], places[0][1], 3, line_colour(i));
    pen.path(places, line_colour(i), 2);
  }
}

}  // namespace

Canvas draw(const LineChart& chart) {
  check(chart);
  Canvas canvas(static_cast<int64_t>(chart.width), static_cast<int64_t>(chart.height));
  draw_on(canvas, chart);
  return canvas;
}

std::string to_svg(const LineChart& chart) {
  check(chart);
  Svg svg(chart.width, chart.height, chart.title);
  draw_on(svg, chart);
  return svg.markup();
}

}  // namespace dmf::report
