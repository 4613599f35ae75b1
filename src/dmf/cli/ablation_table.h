#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dmf/cli/paper.h"
#include "dmf/eval/statistics.h"

namespace dmf::cli {

/// Name of a row of Table I on the command line and in files: "none", "text", "image" or "both".
const char* row_name(StageOne row);

/// The row of that name. @throws InvalidArgument  another name
StageOne row_of(const std::string& name);

/// What stage I learns from is all that differs between rows.
struct RowComparison {
  StageOne better,
      worse;  ///< as the paper orders them; ours may come out the other way: then the difference is negative
  size_t test = 0;           ///< index into Ablation::tests
  eval::Comparison figures;  ///< better - worse, over the queries of all seeds
};

/// Rows × test sets × seeds, as Table I of the paper has them.
struct Ablation {
  std::vector<StageOne> rows;
  std::vector<std::string> tests;  ///< labels
  std::vector<int64_t> seeds;
  std::vector<std::vector<std::vector<nlohmann::json>>>
      results;                             ///< [row][test][seed] to_json(TestResult); null = pending
  std::vector<RowComparison> comparisons;  ///< of what is complete

  bool is_complete(size_t row, size_t test) const;
};

/// Mean and standard deviation (of a sample: n - 1) over what is there.
struct Spread {
  double mean = 0, deviation = 0;
  int64_t count = 0;
};

/// @param key  "map" or "rank1"
Spread spread_of(const std::vector<nlohmann::json>& results, const std::string& key);

/// Rank-1 / mAP in per cent, mean ± deviation over the seeds, the comparisons, and the paper's Table I below.
std::string ablation_markdown(const Ablation& ablation);

/// The same for the terminal.
std::string ablation_text(const Ablation& ablation);

/// A line for each run and test, all digits:
/// stage_one,seed,test,rank1,map,rank5,rank10,minp,queries,gallery,fingerprint
std::string ablation_csv(const Ablation& ablation);

/// {"rows": […], "tests": […], "seeds": […], "results": [{"row", "test", "seed", "result"}], "summary": […],
/// "comparisons": […]}
nlohmann::json ablation_json(const Ablation& ablation);

}  // namespace dmf::cli
