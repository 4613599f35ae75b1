// Result table and training curves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "dmf/cli/paper.h"
#include "dmf/cli/report_json.h"
#include "dmf/cli/report_parts.h"
#include "dmf/report/bar_chart.h"
#include "dmf/report/line_chart.h"

namespace dmf::cli {
namespace {

using nlohmann::json;
using report::element;
using report::Html;
using report::PagePart;

/// A figure with its interval below it.
Html with_interval(const json& result, const std::string& figure) {
  const std::string place = "/intervals/" + figure;
  Html cell = figure_text(number_at(result, "/" + figure));
  const auto low = number_at(result, place + "/0"), high = number_at(result, place + "/1");
  if (low && high) cell += element("small", fmt::format("{:.2f} – {:.2f}", *low, *high));
  return cell;
}

Html paper_cell(const json& result) {
  const auto rank1 = number_at(result, "/paper/rank1"), map = number_at(result, "/paper/map");
  if (!rank1 || !map) return "–";
  return Html(fmt::format("{:.1f} / {:.1f}", *rank1, *map)) +
         element("small", result["paper"].value("figure", ""));
}

std::vector<std::string> result_row(const json& result) {
  std::vector<std::string> row{result.value("dataset", "")};
  for (const char* place :
       {"/map", "/intervals/map/0", "/intervals/map/1", "/rank1", "/intervals/rank1/0", "/intervals/rank1/1",
        "/rank5", "/rank10", "/rank20", "/minp", "/queries", "/gallery", "/paper/rank1", "/paper/map"}) {
    row.push_back(exact_text(number_at(result, place)));
  }
  row.push_back(result.value("protocol", ""));
  return row;
}

/// The paper's own figures, for who wants to see where they stand.
Html paper_table(const ReportSource& source) {
  std::vector<std::vector<Html>> rows;
  const std::string trained = source.training().value(json::json_pointer("/datasets/train/format"), "");
  for (const PaperFigure& figure : paper_figures()) {
    if (figure.table != "Table II" || (!trained.empty() && figure.train != trained)) continue;
    rows.push_back({paper_dataset_name(figure.train) + " → " + paper_dataset_name(figure.test),
                    fmt::format("{:.1f}", figure.rank1), fmt::format("{:.1f}", figure.map)});
  }
  if (rows.empty()) return {};
  return report::note(
             "None of these tests is one of the paper's: those are on the whole published sets. For "
             "orientation, not for comparison, its figures (arXiv 2211.00933, Table II):") +
         report::html_table({"", "Rank-1", "mAP"}, rows);
}

report::BarChart results_chart(const std::vector<ReportedTest>& tests) {
  report::BarChart chart{"Results", "per cent; lines: 95 % intervals", "", {}, {}, {}};
  const std::array<std::pair<const char*, const char*>, 3> series{
      {{"mAP", "map"}, {"Rank-1", "rank1"}, {"mINP", "minp"}}};
  for (const ReportedTest& test : tests) chart.groups.push_back(test.result.value("name", test.id));
  for (const auto& [name, key] : series) {
    chart.series.emplace_back(name);
    auto& bars = chart.bars.emplace_back();
    for (const ReportedTest& test : tests) {
      const std::string place = "/intervals/" + std::string(key);
      const auto value = number_at(test.result, "/" + std::string(key));
      const auto low = number_at(test.result, place + "/0"), high = number_at(test.result, place + "/1");
      bars.push_back(value && *value >= 0
                         ? std::optional(report::Bar{*value, low && high ? (*high - *low) / 2 : 0})
                         : std::nullopt);
    }
  }
  return chart;
}

Html remarks(const ReportedTest& test) {
  Html all;
  for (const std::string& remark : test.remarks)
    all += element("p", {{"class", "warning"}}, test.result.value("name", test.id) + ": " + remark);
  return all;
}

/// Lines of one key of metrics.jsonl, behind each other stage by stage.
class Training {
 public:
  explicit Training(const std::vector<json>& metrics) {
    int64_t behind = 0, last = 0;
    std::string stage;
    for (const json& line : metrics) {
      const std::string name = line.value("stage", "");
      const auto step = static_cast<int64_t>(number_at(line, "/step").value_or(0));
      if (name != stage) {
        behind += last;
        marks_.push_back({static_cast<double>(behind), name});
        stage = name;
      }
      last = step;
      for (const auto& [key, value] : line.items()) {
        if (!value.is_number() || key == "step") continue;
        if (const auto known = number_at(line, "/" + key))
          points_[key].push_back({static_cast<double>(behind + step), *known});
      }
      add_validation(line, static_cast<double>(behind + step));
    }
  }

  /// A chart of some keys; nothing where there is none of them.
  std::optional<report::LineChart> chart(const std::string& title, const std::string& unit,
                                         const std::vector<std::pair<std::string, std::string>>& keys) const {
    report::LineChart chart{.title = title,
                            .note = {},
                            .x_axis = "step",
                            .y_axis = unit,
                            .series = {},
                            .y_range = {},
                            .marks = marks_,
                            .height = 300};
    for (const auto& [key, name] : keys) {
      const auto found = points_.find(key);
      if (found != points_.end()) chart.series.push_back({name, found->second});
    }
    return chart.series.empty() ? std::nullopt : std::optional(std::move(chart));
  }
  std::optional<report::LineChart> validation() const {
    report::LineChart chart{.title = "mAP while training",
                            .note = {},
                            .x_axis = "step",
                            .y_axis = "per cent",
                            .series = {},
                            .y_range = {},
                            .marks = marks_,
                            .height = 300};
    for (const auto& [name, points] : validation_) chart.series.push_back({name, points});
    return chart.series.empty() ? std::nullopt : std::optional(std::move(chart));
  }

 private:
  void add_validation(const json& line, double step) {
    const auto results = line.find("validation");
    if (results == line.end() || !results->is_array()) return;
    for (const json& result : *results) {
      if (!result.is_object()) continue;
      if (const auto map = number_at(result, "/map"))
        validation_[result.value("name", "")].push_back({step, *map});
    }
  }
  std::map<std::string, std::vector<report::Point>> points_, validation_;
  std::vector<report::ChartMark> marks_;
};

std::vector<std::string> csv_keys(const std::vector<json>& metrics) {
  std::vector<std::string> keys{"stage", "step"};
  for (const json& line : metrics) {
    for (const auto& [key, value] : line.items()) {
      if (value.is_number() && std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    }
  }
  return keys;
}

std::string scalar_text(const json& line, const std::string& key) {
  const auto found = line.find(key);
  if (found == line.end() || found->is_structured() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

std::vector<report::Tile> tiles_of(const std::vector<ReportedTest>& tests) {
  std::vector<report::Tile> tiles;
  for (const ReportedTest& test : tests) {
    for (const auto& [title, key] : {std::pair{"mAP", "map"}, std::pair{"Rank-1", "rank1"}}) {
      const std::string place = "/intervals/" + std::string(key);
      const auto low = number_at(test.result, place + "/0"), high = number_at(test.result, place + "/1");
      tiles.push_back({fmt::format("{} · {}", test.result.value("name", test.id), title),
                       figure_text(number_at(test.result, "/" + std::string(key)), 1),
                       low && high ? fmt::format("95 %: {:.1f} – {:.1f}", *low, *high) : "no interval"});
    }
    if (tiles.size() >= 8) break;
  }
  return tiles;
}

PagePart results_part(const ReportSource& source, const std::vector<ReportedTest>& tests,
                      const ReportFolder& folder) {
  PagePart part{.id = "results", .title = "Results", .lead = {}, .body = {}, .command = {}, .files = {}};
  if (tests.empty()) {
    part.body = report::note("Nothing was tested.");
    return part;
  }
  part.lead =
      "Per cent; below a figure its 95 % interval (percentile bootstrap over persons). Queries without a "
      "right "
      "answer in the gallery are left out of the averages.";
  std::vector<std::vector<Html>> rows;
  std::vector<std::vector<std::string>> lines;
  Html notes;
  bool has_paper = false;
  for (const ReportedTest& test : tests) {
    const json& r = test.result;
    const std::string name = r.value("name", test.id);
    has_paper = has_paper || r.contains("paper");
    rows.push_back({name, with_interval(r, "map"), with_interval(r, "rank1"),
                    figure_text(number_at(r, "/rank5")), figure_text(number_at(r, "/rank10")),
                    with_interval(r, "minp"), figure_text(number_at(r, "/queries"), 0),
                    figure_text(number_at(r, "/gallery"), 0), paper_cell(r)});
    lines.push_back(result_row(r));
    notes += remarks(test) + report::note(name + ": " + r.value("protocol", ""));
  }
  part.body = report::html_table({"test", "mAP", "Rank-1", "Rank-5", "Rank-10", "mINP", "queries", "gallery",
                                  "paper's Rank-1 / mAP"},
                                 rows) +
              notes + (has_paper ? Html() : paper_table(source));
  part.command = source.document.value("command", "");
  part.files = {folder.write_png("results", report::draw(results_chart(tests))),
                folder.write_csv("results",
                                 {"dataset", "map", "map_low", "map_high", "rank1", "rank1_low", "rank1_high",
                                  "rank5", "rank10", "rank20", "minp", "queries", "gallery", "paper_rank1",
                                  "paper_map", "protocol"},
                                 lines)};
  return part;
}

PagePart training_part(const ReportSource& source, const ReportFolder& folder) {
  PagePart part{.id = "training", .title = "Training", .lead = {}, .body = {}, .command = {}, .files = {}};
  const Training training(source.metrics);
  Html charts;
  const auto add = [&](const std::optional<report::LineChart>& chart, const std::string& name) {
    if (!chart) return;
    charts += element("div", Html::from_markup(report::to_svg(*chart)));
    part.files.push_back(folder.write_png(name, report::draw(*chart)));
  };
  add(training.chart("Loss", "mean over a batch",
                     {{"loss", "total"}, {"loss_identity", "identity"}, {"loss_triplet", "triplet"}}),
      "training-loss");
  add(training.chart("Accuracy of the identity classifier", "share of the batch", {{"accuracy", "accuracy"}}),
      "training-accuracy");
  add(training.chart("Learning rate", "", {{"learning_rate", "learning rate"}}), "training-rate");
  add(training.chart("Gradient norm", "", {{"gradient_norm", "gradient norm"}}), "training-gradient");
  add(training.validation(), "training-validation");
  if (charts.is_empty()) return part;
  part.lead = "Means over the steps between two lines of metrics.jsonl; a line marks where a stage begins.";
  part.body = element("div", {{"class", "charts"}}, charts);
  part.command = source.document.value("command", "");
  const std::vector<std::string> keys = csv_keys(source.metrics);
  std::vector<std::vector<std::string>> lines;
  for (const json& line : source.metrics) {
    auto& row = lines.emplace_back();
    for (const std::string& key : keys) row.push_back(scalar_text(line, key));
  }
  part.files.push_back(folder.write_csv("training", keys, lines));
  return part;
}

}  // namespace dmf::cli
