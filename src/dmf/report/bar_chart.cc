#include "dmf/report/bar_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/report/scale.h"

namespace dmf::report {
namespace {

constexpr double kBarWidth = 44, kGap = 40, kHeight = 300, kLeft = 64, kTop = 112, kBottom = 34, kMargin = 20;
constexpr int kTicks = 5;

void check(const BarChart& chart) {
  DMF_CHECK(!chart.groups.empty() && !chart.series.empty(), InvalidArgument,
            "bar chart `{}`: nothing to draw", chart.title);
  DMF_CHECK(chart.bars.size() == chart.series.size(), InvalidArgument,
            "bar chart `{}`: {} rows of bars for {} series", chart.title, chart.bars.size(),
            chart.series.size());
  for (const auto& row : chart.bars) {
    DMF_CHECK(row.size() == chart.groups.size(), InvalidArgument, "bar chart `{}`: {} bars for {} groups",
              chart.title, row.size(), chart.groups.size());
    for (const auto& bar : row) {
      DMF_CHECK(!bar || (std::isfinite(bar->value) && bar->value >= 0 && std::isfinite(bar->spread)),
                InvalidArgument, "bar chart `{}`: a bar of {} ± {}; expected finite numbers from 0 on",
                chart.title, bar->value, bar->spread);
    }
  }
}

double highest(const BarChart& chart) {
  double top = 0;
  for (const auto& row : chart.bars) {
    for (const auto& bar : row) top = bar ? std::max(top, bar->value + bar->spread) : top;
  }
  return top;
}

void draw_legend(Canvas& canvas, const std::vector<std::string>& series) {
  double x = kLeft;
  for (size_t i = 0; i < series.size(); ++i) {
    canvas.fill({x, kTop - 46, 12, 12}, series_colour(i));
    canvas.text(series[i], x + 18, kTop - 36, {.size = 12});
    x += 18 + canvas.text_width(series[i], {.size = 12}) + 22;
  }
}

void draw_bar(Canvas& canvas, const Bar& bar, const Box& box, double per_unit, Colour colour) {
  canvas.fill(box, colour);
  const double middle = box.x + box.width / 2;
  const double reach = bar.spread * per_unit;
  if (bar.spread > 0) {
    canvas.line(middle, box.y - reach, middle, std::min(box.y + reach, box.y + box.height), kInk, 1.2);
    canvas.line(middle - 5, box.y - reach, middle + 5, box.y - reach, kInk, 1.2);
  }
  canvas.text(fmt::format("{:.1f}", bar.value), middle, box.y - reach - 6,
              {.size = 11, .align = Align::kCentre});
}

double legend_width(const BarChart& chart) {
  const Canvas measure(1, 1);
  double width = 0;
  for (const std::string& name : chart.series) width += 40 + measure.text_width(name, {.size = 12});
  const double title = measure.text_width(chart.title, {.size = 17, .is_bold = true});
  return std::max({width, title, measure.text_width(chart.note, {.size = 12})});
}

}  // namespace

Canvas draw(const BarChart& chart) {
  check(chart);
  const auto groups = static_cast<double>(chart.groups.size());
  const double group_width = static_cast<double>(chart.series.size()) * kBarWidth + kGap;
  const double width = std::max(groups * group_width, legend_width(chart));
  const std::vector<double> ticks = axis_ticks(0, highest(chart), kTicks);
  const double per_unit = kHeight / ticks.back();
  Canvas canvas(static_cast<int64_t>(kLeft + width + kMargin),
                static_cast<int64_t>(kTop + kHeight + kBottom));

  canvas.text(chart.title, kLeft, 28, {.size = 17, .is_bold = true});
  canvas.text(chart.note, kLeft, 48, {.size = 12, .colour = kFaint});
  draw_legend(canvas, chart.series);
  for (const double tick : ticks) {
    const double y = std::round(kTop + kHeight - tick * per_unit) + 0.5;
    canvas.line(kLeft, y, kLeft + width, y, tick == 0 ? kInk : kGrid);
    canvas.text(fmt::format("{:g}", tick), kLeft - 8, y + 4,
                {.size = 11, .colour = kFaint, .align = Align::kRight});
  }
  canvas.text(chart.axis, 8, kTop - 14, {.size = 11, .colour = kFaint});
  for (size_t g = 0; g < chart.groups.size(); ++g) {
    const double left = kLeft + static_cast<double>(g) * group_width + kGap / 2;
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const std::optional<Bar>& bar = chart.bars[s][g];
      if (!bar) continue;
      const double height = bar->value * per_unit;
      draw_bar(
          canvas, *bar,
          {left + static_cast<double>(s) * kBarWidth + 2, kTop + kHeight - height, kBarWidth - 4, height},
          per_unit, series_colour(s));
    }
    const Canvas::TextStyle style{.size = 12, .align = Align::kCentre};
    canvas.text(canvas.fitted(chart.groups[g], group_width - 4, style), left + (group_width - kGap) / 2,
                kTop + kHeight + 20, style);
  }
  return canvas;
}

}  // namespace dmf::report
