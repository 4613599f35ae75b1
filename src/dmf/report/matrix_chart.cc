#include "dmf/report/matrix_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr double kCell = 58, kRowHeight = 34, kLeft = 96, kTop = 96, kMargin = 20;
constexpr Colour kDark{0.00, 0.45, 0.70};
constexpr double kStrongest = 0.75;

void check(const MatrixChart& chart) {
  DMF_CHECK(!chart.rows.empty() && !chart.columns.empty(), InvalidArgument,
            "matrix chart `{}`: nothing to draw", chart.title);
  const bool fits = chart.values.size() == chart.rows.size() &&
                    std::all_of(chart.values.begin(), chart.values.end(),
                                [&](const auto& row) { return row.size() == chart.columns.size(); });
  DMF_CHECK(fits, InvalidArgument, "matrix chart `{}`: values that do not fit {} rows and {} columns",
            chart.title, chart.rows.size(), chart.columns.size());
}

double strength(double value) { return kStrongest * std::clamp(value / 100, 0.0, 1.0); }

Colour on_paper(double value) {
  const double share = strength(value);
  const auto blend = [&](double from, double to) { return from + (to - from) * share; };
  return {blend(kPaper.red, kDark.red), blend(kPaper.green, kDark.green), blend(kPaper.blue, kDark.blue)};
}

}  // namespace

Canvas draw(const MatrixChart& chart) {
  check(chart);
  const double width =
      std::max(kLeft + kCell * static_cast<double>(chart.columns.size()),
               kMargin + Canvas(1, 1).text_width(chart.title, {.size = 15, .is_bold = true}));
  Canvas canvas(static_cast<int64_t>(width + kMargin),
                static_cast<int64_t>(kTop + kRowHeight * static_cast<double>(chart.rows.size()) + kMargin));
  canvas.text(chart.title, kMargin, 28, {.size = 15, .is_bold = true});
  canvas.text(chart.column_axis, kLeft, 56, {.size = 11, .colour = kFaint});
  canvas.text(chart.row_axis, kMargin, kTop - 10, {.size = 11, .colour = kFaint});
  for (size_t c = 0; c < chart.columns.size(); ++c) {
    const TextStyle style{.size = 12, .align = Align::kCentre};
    canvas.text(canvas.fitted(chart.columns[c], kCell - 4, style),
                kLeft + kCell * (static_cast<double>(c) + .5), kTop - 10, style);
  }
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    const double y = kTop + kRowHeight * static_cast<double>(r);
    canvas.text(canvas.fitted(chart.rows[r], kLeft - kMargin - 8, {.size = 12}), kMargin, y + 22,
                {.size = 12});
    for (size_t c = 0; c < chart.columns.size(); ++c) {
      if (!chart.values[r][c]) continue;
      const double value = *chart.values[r][c], x = kLeft + kCell * static_cast<double>(c);
      canvas.fill({x, y, kCell - 2, kRowHeight - 2}, on_paper(value));
      canvas.text(fmt::format("{:.1f}", value), x + kCell / 2 - 1, y + 21,
                  {.size = 12, .colour = value > 60 ? kPaper : kInk, .align = Align::kCentre});
    }
  }
  return canvas;
}

Html to_html(const MatrixChart& chart) {
  check(chart);
  Html head = element("th", chart.row_axis + " \\ " + chart.column_axis), body;
  for (const std::string& name : chart.columns) head += element("th", {{"scope", "col"}}, name);
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    Html cells = element("th", {{"scope", "row"}}, chart.rows[r]);
    for (const std::optional<double>& value : chart.values[r]) {
      // Half through, the ground is right on light and on dark paper.
      cells +=
          value
              ? element("td", {{"style", fmt::format("background:rgba(0,115,179,{:.2f})", strength(*value))}},
                        fmt::format("{:.1f}", *value))
              : element("td", "–");
    }
    body += element("tr", cells);
  }
  return element("h3", chart.title) +
         element("div", {{"class", "scroll"}},
                 element("table", {{"class", "heat"}},
                         element("thead", element("tr", head)) + element("tbody", body)));
}

}  // namespace dmf::report
