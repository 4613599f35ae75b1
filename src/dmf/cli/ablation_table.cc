#include "dmf/cli/ablation_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

constexpr std::array kRows{StageOne::kNone, StageOne::kTexts, StageOne::kImages, StageOne::kImagesAndTexts};

std::string spread_text(const Spread& spread) {
  return spread.count < 2 ? fmt::format("{:.1f}", spread.mean)
                          : fmt::format("{:.1f} ± {:.1f}", spread.mean, spread.deviation);
}

std::string cell_text(const std::vector<nlohmann::json>& results) {
  const Spread rank1 = spread_of(results, "rank1"), map = spread_of(results, "map");
  if (map.count == 0) return "...";
  std::string text = fmt::format("{} / {}", spread_text(rank1), spread_text(map));
  if (map.count < static_cast<int64_t>(results.size()))
    text += fmt::format(" ({} of {} seeds)", map.count, results.size());
  return text;
}

std::string comparison_text(const Ablation& ablation, const RowComparison& comparison) {
  const eval::Comparison& figures = comparison.figures;
  return fmt::format(
      "{}: {} against {}: mAP {:+.2f} ({:+.2f} … {:+.2f}, p = {:.2g}), Rank-1 {:+.2f} ({:+.2f} … {:+.2f})",
      ablation.tests[comparison.test], row_name(comparison.better), row_name(comparison.worse),
      figures.map_difference, figures.map_interval.low, figures.map_interval.high, figures.map_p,
      figures.rank1_difference, figures.rank1_interval.low, figures.rank1_interval.high);
}

const char* kComparisonNote =
    "Percentage points, query by query over all seeds; in brackets the 95 % interval over persons "
    "(bootstrap), and p of a "
    "randomisation test. The spread between seeds is the ± of the table.";

std::string seeds_text(const Ablation& ablation) {
  return fmt::format("Each cell: Rank-1 / mAP, per cent, mean ± standard deviation over the seeds {}.",
                     fmt::join(ablation.seeds, ", "));
}

std::string papers_table() {
  std::string text =
      "\nThe paper's Table I (arXiv 2211.00933; stage I on FineGPR, stage II on DukeMTMC-reID):\n\n"
      "| stage I | Market-1501 | CUHK03 | MSMT17 |\n|---|---|---|---|\n";
  for (const StageOne row : kRows) {
    text += fmt::format("| {} |", row_name(row));
    for (const char* test : {"market1501", "cuhk03", "msmt17"})
      text += fmt::format(" {} |", figure_text(*paper_figure("dukemtmc", row, test)));
    text += "\n";
  }
  return text;
}

}  // namespace

const char* row_name(StageOne row) {
  switch (row) {
    case StageOne::kNone:
      return "none";
    case StageOne::kTexts:
      return "text";
    case StageOne::kImages:
      return "image";
    case StageOne::kImagesAndTexts:
      break;
  }
  return "both";
}

StageOne row_of(const std::string& name) {
  for (const StageOne row : kRows) {
    if (name == row_name(row)) return row;
  }
  throw InvalidArgument(Expectation{"--rows", "row", "none, text, image or both", name, ""}.message());
}

bool Ablation::is_complete(size_t row, size_t test) const {
  const auto& cell = results[row][test];
  return std::none_of(cell.begin(), cell.end(),
                      [](const nlohmann::json& result) { return result.is_null(); });
}

Spread spread_of(const std::vector<nlohmann::json>& results, const std::string& key) {
  Spread spread;
  double squares = 0;
  for (const nlohmann::json& result : results) {
    if (result.is_null()) continue;
    const double value = result.at(key);
    const double step = value - spread.mean;
    spread.mean += step / static_cast<double>(++spread.count);
    squares += step * (value - spread.mean);
  }
  if (spread.count > 1) spread.deviation = std::sqrt(squares / static_cast<double>(spread.count - 1));
  return spread;
}

std::string ablation_markdown(const Ablation& ablation) {
  std::string text = "| stage I |", line = "|---|";
  for (const std::string& test : ablation.tests) {
    text += fmt::format(" {} |", test);
    line += "---|";
  }
  text += "\n" + line + "\n";
  for (size_t i = 0; i < ablation.rows.size(); ++i) {
    text += fmt::format("| {} |", row_name(ablation.rows[i]));
    for (const auto& cell : ablation.results[i]) text += fmt::format(" {} |", cell_text(cell));
    text += "\n";
  }
  text += "\n" + seeds_text(ablation) + "\n";
  if (!ablation.comparisons.empty()) text += fmt::format("\n{}\n\n", kComparisonNote);
  for (const RowComparison& comparison : ablation.comparisons)
    text += fmt::format("- {}\n", comparison_text(ablation, comparison));
  return text + papers_table();
}

std::string ablation_text(const Ablation& ablation) {
  std::vector<std::string> header = {"stage I"};
  header.insert(header.end(), ablation.tests.begin(), ablation.tests.end());
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < ablation.rows.size(); ++i) {
    rows.push_back({row_name(ablation.rows[i])});
    for (const auto& cell : ablation.results[i]) rows.back().push_back(cell_text(cell));
  }
  std::string text = text_table(header, rows) + seeds_text(ablation) + "\n";
  for (const RowComparison& comparison : ablation.comparisons)
    text += comparison_text(ablation, comparison) + "\n";
  if (!ablation.comparisons.empty()) text += std::string(kComparisonNote) + "\n";
  std::vector<std::vector<std::string>> paper;
  for (const StageOne row : kRows) {
    paper.push_back({row_name(row)});
    for (const char* test : {"market1501", "cuhk03", "msmt17"})
      paper.back().push_back(figure_text(*paper_figure("dukemtmc", row, test)));
  }
  return text + "\n" + text_table({"paper's Table I", "Market-1501", "CUHK03", "MSMT17"}, paper);
}

std::string ablation_csv(const Ablation& ablation) {
  std::string text = "stage_one,seed,test,rank1,map,rank5,rank10,minp,queries,gallery,fingerprint\n";
  for (size_t i = 0; i < ablation.rows.size(); ++i) {
    for (size_t j = 0; j < ablation.tests.size(); ++j) {
      for (size_t k = 0; k < ablation.seeds.size(); ++k) {
        const nlohmann::json& result = ablation.results[i][j][k];
        if (result.is_null()) continue;
        text += fmt::format("{},{},{}", row_name(ablation.rows[i]), ablation.seeds[k],
                            csv_field(ablation.tests[j]));
        for (const char* key : {"rank1", "map", "rank5", "rank10", "minp", "queries", "gallery"})
          text += "," + result.at(key).dump();
        text += "," + result.value("fingerprint", "") + "\n";
      }
    }
  }
  return text;
}

nlohmann::json ablation_json(const Ablation& ablation) {
  nlohmann::json document{{"tests", ablation.tests}, {"seeds", ablation.seeds}};
  for (const char* list : {"rows", "results", "summary", "comparisons"})
    document[list] = nlohmann::json::array();
  for (size_t i = 0; i < ablation.rows.size(); ++i) {
    const char* row = row_name(ablation.rows[i]);
    document["rows"].push_back(row);
    for (size_t j = 0; j < ablation.tests.size(); ++j) {
      const auto& cell = ablation.results[i][j];
      for (size_t k = 0; k < cell.size(); ++k) {
        if (cell[k].is_null()) continue;
        document["results"].push_back(
            {{"row", row}, {"test", ablation.tests[j]}, {"seed", ablation.seeds[k]}, {"result", cell[k]}});
      }
      nlohmann::json summary{{"row", row}, {"test", ablation.tests[j]}};
      for (const char* key : {"rank1", "map"}) {
        const Spread spread = spread_of(cell, key);
        summary[key] = {{"mean", spread.mean}, {"deviation", spread.deviation}, {"seeds", spread.count}};
      }
      document["summary"].push_back(summary);
    }
  }
  for (const RowComparison& comparison : ablation.comparisons) {
    const eval::Comparison& figures = comparison.figures;
    document["comparisons"].push_back({{"first", row_name(comparison.better)},
                                       {"second", row_name(comparison.worse)},
                                       {"test", ablation.tests[comparison.test]},
                                       {"map",
                                        {{"difference", figures.map_difference},
                                         {"low", figures.map_interval.low},
                                         {"high", figures.map_interval.high},
                                         {"p", figures.map_p}}},
                                       {"rank1",
                                        {{"difference", figures.rank1_difference},
                                         {"low", figures.rank1_interval.low},
                                         {"high", figures.rank1_interval.high},
                                         {"p", figures.rank1_p}}}});
  }
  return document;
}

}  // namespace dmf::cli
