// CMC, ROC and results by pair of cameras.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dmf/cli/report_json.h"
#include "dmf/cli/report_parts.h"
#include "dmf/cli/result.h"
#include "dmf/report/line_chart.h"
#include "dmf/report/matrix_chart.h"

namespace dmf::cli {
namespace {

using nlohmann::json;
using report::element;
using report::Html;
using report::PagePart;

constexpr size_t kColumnsBeside = 6;  // of two tables of cameras side by side

std::optional<report::LineChart> cmc_chart(const std::vector<ReportedTest>& tests) {
  report::LineChart chart{.title = "CMC: a right answer among the first k",
                          .note = {},
                          .x_axis = "k",
                          .y_axis = "per cent of the queries",
                          .series = {},
                          .y_range = {},
                          .marks = {}};
  double lowest = 100;
  for (const ReportedTest& test : tests) {
    const auto found = test.result.find("cmc");
    if (found == test.result.end() || !found->is_array()) continue;
    report::LineSeries series{test.result.value("name", test.id), {}};
    for (size_t k = 0; k < found->size(); ++k) {
      if (!(*found)[k].is_number()) continue;
      series.points.push_back({static_cast<double>(k + 1), (*found)[k].get<double>()});
      lowest = std::min(lowest, series.points.back()[1]);
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  chart.y_range = std::array<double, 2>{std::floor(lowest / 10) * 10, 100};
  return chart.series.empty() ? std::nullopt : std::optional(std::move(chart));
}

std::optional<report::LineChart> roc_chart(const std::vector<ReportedTest>& tests) {
  report::LineChart chart{.title = "ROC: right pairs accepted",
                          .note = {},
                          .x_axis = "false-accept rate (share of wrong pairs that are accepted)",
                          .y_axis = "per cent of the right pairs",
                          .series = {},
                          .has_log_x = true,
                          .y_range = std::array<double, 2>{0, 100},
                          .marks = {}};
  for (const ReportedTest& test : tests) {
    const json::json_pointer place("/open_set/roc");
    if (!test.result.contains(place)) continue;
    report::LineSeries series{test.result.value("name", test.id), {}};
    for (const json& point : test.result[place]) {
      const auto far = number_at(point, "/far"), rate = number_at(point, "/rate");
      if (far && rate && *far > 0) series.points.push_back({*far, *rate});
    }
    std::sort(series.points.begin(), series.points.end());
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  }
  return chart.series.empty() ? std::nullopt : std::optional(std::move(chart));
}

Html open_set_table(const std::vector<ReportedTest>& tests) {
  std::vector<std::vector<Html>> rows;
  for (const ReportedTest& test : tests) {
    const auto open_set = test.result.find("open_set");
    if (open_set == test.result.end() || !open_set->is_object()) continue;
    std::vector<Html> row{test.result.value("name", test.id), figure_text(number_at(*open_set, "/eer"))};
    for (const double wanted : {1e-1, 1e-2, 1e-3, 1e-4}) {
      Html cell = "–";
      for (const json& point : open_set->value("roc", json::array())) {
        if (std::abs(number_at(point, "/far").value_or(0) / wanted - 1) > 1e-6) continue;
        cell = Html(figure_text(number_at(point, "/rate")));
        if (const auto threshold = number_at(point, "/threshold"))
          cell += element("small", fmt::format("distance < {:.3f}", *threshold));
      }
      row.push_back(cell);
    }
    row.push_back(figure_text(number_at(*open_set, "/genuine_pairs"), 0));
    row.push_back(figure_text(number_at(*open_set, "/impostor_pairs"), 0));
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  return element("h3", "One threshold for everybody") +
         report::html_table(
             {"per cent", "EER", "TPR @ FAR 0.1", "0.01", "0.001", "0.0001", "right pairs", "wrong pairs"},
             rows) +
         report::note(
             "EER: where false accepts and false rejects are equal. TPR at a false-accept rate: share of "
             "right pairs accepted by the threshold that lets that share of wrong pairs pass. A "
             "threshold of one set may be far off on another.");
}

/// One figure of by_camera_pair as a matrix.
report::MatrixChart camera_matrix(const json& pairs, const std::string& title, const char* figure) {
  report::MatrixChart chart{.title = title,
                            .row_axis = "query",
                            .column_axis = "gallery camera",
                            .rows = {},
                            .columns = {},
                            .values = {}};
  std::map<std::pair<std::string, std::string>, double> known;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const json& pair : pairs) {
    const std::string name = pair.value("name", "");
    const size_t arrow = name.find(" -> ");
    const auto value = number_at(pair, figure);
    if (arrow == std::string::npos || !value) continue;
    const std::string from = name.substr(0, arrow), to = name.substr(arrow + 4);
    add(chart.rows, from);
    add(chart.columns, to);
    known[{from, to}] = *value;
  }
  const auto by_number = [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  };
  std::sort(chart.rows.begin(), chart.rows.end(), by_number);
  std::sort(chart.columns.begin(), chart.columns.end(), by_number);
  for (const std::string& from : chart.rows) {
    auto& row = chart.values.emplace_back();
    for (const std::string& to : chart.columns) {
      const auto found = known.find({from, to});
      row.push_back(found == known.end() ? std::nullopt : std::optional(found->second));
    }
  }
  return chart;
}

}  // namespace

std::string eval_command(const ReportSource& source, const std::vector<ReportedTest>& tests,
                         const std::string& flags) {
  if (source.model.empty()) return "";
  std::string command = "dmf eval --model " + shell_quoted(source.model.string());
  std::set<std::string> named;
  for (const ReportedTest& test : tests) {
    const std::string dataset = test.result.value("dataset", "");
    if (named.insert(dataset).second) command += " --test " + shell_quoted(dataset);
  }
  return command + (source.flip ? " --flip" : "") + flags;
}

PagePart curves_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                     const ReportFolder& folder) {
  PagePart part{.id = "curves", .title = "CMC and ROC", .lead = {}, .body = {}, .command = {}, .files = {}};
  Html charts;
  const auto add = [&](const std::optional<report::LineChart>& chart, const std::string& name,
                       const std::vector<std::string>& header) {
    if (!chart) return;
    charts += element("div", Html::from_markup(report::to_svg(*chart)));
    std::vector<std::vector<std::string>> lines;
    for (const report::LineSeries& series : chart->series) {
      for (const auto& [x, y] : series.points)
        lines.push_back({series.name, fmt::format("{:g}", x), fmt::format("{}", y)});
    }
    part.files.push_back(folder.write_png(name, report::draw(*chart)));
    part.files.push_back(folder.write_csv(name, header, lines));
  };
  add(cmc_chart(tests), "cmc", {"test", "k", "rate"});
  add(roc_chart(tests), "roc", {"test", "false_accept_rate", "true_positive_rate"});
  if (charts.is_empty()) return part;
  part.lead =
      "How long a list must be read until the person is on it, and how well one threshold tells pairs of "
      "images of one person from pairs of two.";
  part.body = element("div", {{"class", "charts"}}, charts) + open_set_table(tests);
  part.command = eval_command(source, tests, " --open-set");
  return part;
}

PagePart cameras_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                      const ReportFolder& folder) {
  PagePart part{
      .id = "cameras", .title = "By pair of cameras", .lead = {}, .body = {}, .command = {}, .files = {}};
  for (const ReportedTest& test : tests) {
    const auto pairs = test.result.find("by_camera_pair");
    if (pairs == test.result.end() || !pairs->is_array() || pairs->empty()) continue;
    const std::string name = test.result.value("name", test.id);
    const report::MatrixChart map = camera_matrix(*pairs, name + ": mAP", "/map"),
                              rank1 = camera_matrix(*pairs, name + ": Rank-1", "/rank1");
    if (map.rows.empty()) continue;
    const bool fit_beside = map.columns.size() <= kColumnsBeside;
    part.body += element("div", {{"class", fit_beside ? "charts" : "below"}},
                         element("div", report::to_html(map)) + element("div", report::to_html(rank1)));
    std::vector<std::vector<std::string>> lines;
    for (const json& pair : *pairs)
      lines.push_back({pair.value("name", ""), exact_text(number_at(pair, "/map")),
                       exact_text(number_at(pair, "/rank1")), figure_text(number_at(pair, "/queries"), 0)});
    part.files.push_back(folder.write_png("cameras-" + test.id + "-map", report::draw(map)));
    part.files.push_back(folder.write_png("cameras-" + test.id + "-rank1", report::draw(rank1)));
    part.files.push_back(folder.write_csv(
        "cameras-" + test.id, {"query camera -> gallery camera", "map", "rank1", "queries"}, lines));
  }
  if (part.body.is_empty()) return part;
  part.lead =
      "Queries of one camera searched among the images of one other camera alone: where the views differ "
      "most, figures are lowest. Per cent.";
  part.command = eval_command(source, tests, " --by-camera");
  return part;
}

}  // namespace dmf::cli
