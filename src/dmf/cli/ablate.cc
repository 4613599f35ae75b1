#include <CLI/CLI.hpp>

#include "dmf/cli/ablation_table.h"
#include "dmf/cli/command.h"
#include "dmf/cli/data_root.h"
#include "dmf/cli/named_set.h"
#include "dmf/cli/planned_runs.h"
#include "dmf/cli/quickstart_config.h"
#include "dmf/cli/table_arguments.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/report/bar_chart.h"

namespace dmf::cli {
namespace {

struct AblateArguments {
  TableArguments table;
  std::string train;
  std::vector<std::string> rows{"none", "text", "image", "both"};
  int64_t seeds = 3;
};

/// Leaves in stage I what the row says; everything else stays the same.
void apply_row(StageOne row, train::TrainOptions& options) {
  if (row == StageOne::kNone) options.pretrain.epochs = options.pretrain.steps = 0;
  if (row == StageOne::kImagesAndTexts) return;
  data::SamplerOptions& sampler = options.batch.sampler;
  sampler = without_texts(sampler);
  if (row == StageOne::kTexts) sampler.text_fraction = 1;
}

/// Rows × seeds, one model each, every model on all test sets.
class AblationRun {
 public:
  explicit AblationRun(const AblateArguments& arguments)
      : arguments_(arguments), folder_(arguments.table.out) {
    for (const std::string& name : arguments.rows) ablation_.rows.push_back(row_of(name));
    for (int64_t seed = 0; seed < arguments.seeds; ++seed) ablation_.seeds.push_back(first_seed() + seed);
    open_sets();
    for (const NamedSet& test : tests_) ablation_.tests.push_back(test.label);
    ablation_.results.assign(ablation_.rows.size(),
                             {tests_.size(), std::vector<nlohmann::json>(ablation_.seeds.size())});
    queries_.assign(ablation_.rows.size(),
                    {tests_.size(), std::vector<std::vector<eval::QueryResult>>(ablation_.seeds.size())});
  }

  void run() {
    // Seed by seed: a whole table of one seed is worth more than one row of all.
    for (size_t seed = 0; seed < ablation_.seeds.size(); ++seed) {
      for (size_t row = 0; row < ablation_.rows.size(); ++row) measure(row, seed);
    }
  }

  const Ablation& ablation() const { return ablation_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  int64_t first_seed() const { return request(StageOne::kImagesAndTexts, -1).options.run.seed; }
  void open_sets();
  TrainingRequest request(StageOne row, int64_t seed) const;
  void measure(size_t row, size_t seed);
  void compare_rows();
  void write() const;

  const AblateArguments& arguments_;
  std::filesystem::path folder_;
  std::vector<NamedSet> tests_;
  Ablation ablation_;
  std::vector<std::vector<std::vector<std::vector<eval::QueryResult>>>> queries_;  // [row][test][seed][query]
};

/// Everything is opened, and what cannot work is said, before the first training.
void AblationRun::open_sets() {
  const RunOptions options = request(StageOne::kImagesAndTexts, -1).options;
  DMF_CHECK(!options.run.test.empty(), InvalidArgument, "nothing to test on: give --test DATASET");
  tests_ = named_sets(options.run.test);
  for (const NamedSet& test : tests_)
    DMF_CHECK(test.has_test, DataError, "{}: has no query and gallery split", test.spec);
  const NamedSet first =
      named_sets({options.run.pretrain.empty() ? options.run.train : options.run.pretrain}).front();
  for (const StageOne row : ablation_.rows) {
    const bool needs_texts = row == StageOne::kTexts || row == StageOne::kImagesAndTexts;
    DMF_CHECK(!needs_texts || first.has_texts, InvalidArgument,
              "{}: row `{}` learns from texts, but it has neither captions nor attributes; hint: name a set "
              "that has some by "
              "--pretrain",
              first.spec, row_name(row));
    DMF_CHECK(row != StageOne::kImagesAndTexts || asks_for_texts(options.train), InvalidArgument,
              "row `both`: the configuration mixes no texts into stage I; hint: --set batch.texts_beside=1 "
              "or --set "
              "batch.text_fraction=0.5");
    DMF_CHECK(row == StageOne::kNone || has_stage(options.train.pretrain), InvalidArgument,
              "row `{}`: the configuration has no stage I; hint: --set pretrain.epochs=N", row_name(row));
  }
}

/// @param seed  index of the seed; < 0: as the configuration says
TrainingRequest AblationRun::request(StageOne row, int64_t seed) const {
  TrainingArguments training = arguments_.table.training();
  training.train = arguments_.train;
  training.tests = arguments_.table.tests;
  training.out = (folder_ / row_name(row)).string();
  TrainingRequest request = training.request([&](OptionTable& table) {
    if (arguments_.table.config.empty()) {
      table.load_toml_text(kQuickstartConfig, "configs/quickstart.toml");
    } else {
      load_run_configuration(table, arguments_.table.config);
    }
  });
  apply_row(row, request.options.train);
  if (seed >= 0) {
    request.options.run.seed = ablation_.seeds[static_cast<size_t>(seed)];
    request.folder = folder_ / row_name(row) / fmt::format("seed{}", request.options.run.seed);
  }
  return request;
}

void AblationRun::measure(size_t row, size_t seed) {
  const TrainingRequest training = request(ablation_.rows[row], static_cast<int64_t>(seed));
  const std::string title =
      fmt::format("stage I {}, seed {} ({} of {})", row_name(ablation_.rows[row]), ablation_.seeds[seed],
                  seed * ablation_.rows.size() + row + 1, ablation_.seeds.size() * ablation_.rows.size());
  train_once(training, title);
  ModelTests tests(training.folder, training.options);
  for (size_t test = 0; test < tests_.size(); ++test) {
    ModelTest done = tests.result(tests_[test], fmt::format("{} -> {}", title, tests_[test].label));
    ablation_.results[row][test][seed] = std::move(done.result);
    queries_[row][test][seed] = std::move(done.by_query);
  }
  compare_rows();
  write();
}

/// Each row with each row above it that is complete, on each test set.
void AblationRun::compare_rows() {
  const auto queries = [this](size_t row, size_t test) {
    std::vector<eval::QueryResult> all;
    for (const std::vector<eval::QueryResult>& one : queries_[row][test])
      all.insert(all.end(), one.begin(), one.end());
    return all;
  };
  ablation_.comparisons.clear();
  for (size_t test = 0; test < tests_.size(); ++test) {
    for (size_t better = ablation_.rows.size(); better-- > 1;) {
      for (size_t worse = better; worse-- > 0;) {
        if (!ablation_.is_complete(better, test) || !ablation_.is_complete(worse, test)) continue;
        ablation_.comparisons.push_back({ablation_.rows[better], ablation_.rows[worse], test,
                                         eval::compare(queries(better, test), queries(worse, test))});
      }
    }
  }
}

report::BarChart chart_of(const Ablation& ablation, const std::string& key, const std::string& name) {
  report::BarChart chart;
  chart.title = fmt::format("{} by what stage I learned from", name);
  chart.note = fmt::format("per cent, mean ± standard deviation of {} seeds; stage II is the same",
                           ablation.seeds.size());
  chart.axis = name;
  chart.groups = ablation.tests;
  for (size_t row = 0; row < ablation.rows.size(); ++row) {
    chart.series.emplace_back(row_name(ablation.rows[row]));
    chart.bars.emplace_back();
    for (const auto& results : ablation.results[row]) {
      const Spread spread = spread_of(results, key);
      chart.bars.back().push_back(
          spread.count == 0 ? std::nullopt : std::optional(report::Bar{spread.mean, spread.deviation}));
    }
  }
  return chart;
}

void AblationRun::write() const {
  write_text(folder_ / "ablation.md", ablation_markdown(ablation_));
  write_text(folder_ / "ablation.csv", ablation_csv(ablation_));
  write_document(ablation_json(ablation_), (folder_ / "ablation.json").string());
  report::draw(chart_of(ablation_, "map", "mAP")).save_png(folder_ / "ablation-map.png");
  report::draw(chart_of(ablation_, "rank1", "Rank-1")).save_png(folder_ / "ablation-rank1.png");
}

void ablate(const AblateArguments& arguments) {
  AblationRun run(arguments);
  const std::string files = (run.folder() / "ablation").string();
  run_table(
      arguments.table, [&] { run.run(); },
      [&] {
        return fmt::format("{}\ntables: {}.md, {}.csv, {}.json; plots: {}-map.png, {}-rank1.png\n",
                           ablation_text(run.ablation()), files, files, files, files, files);
      },
      [&] { return ablation_json(run.ablation()); });
}

std::function<void()> declare_ablate(CLI::App& app) {
  auto arguments = std::make_shared<AblateArguments>();
  arguments->table.declare(app, "configuration of row `both`; standard is quickstart's");
  app.add_option("--train", arguments->train, "dataset of stage II (run.train)")->type_name("DATASET");
  app.add_option("--rows", arguments->rows, "what stage I learns from; none = stage II from initialisation")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("none,text,image,both");
  app.add_option("--seeds", arguments->seeds, "runs of each row, with run.seed and the numbers behind it")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->type_name("N");
  return [arguments] { ablate(*arguments); };
}

}  // namespace

Command ablate_command() {
  return {"ablate",
          "Trains with and without words and images in stage I, over several seeds: Table I of the paper",
          "dmf ablate --pretrain finegpr:FineGPR --train market1501:Market-1501 \\\n"
          "  --test market1501:Market-1501 --test cuhk03:cuhk03-np --out runs/table1",
          declare_ablate};
}

}  // namespace dmf::cli
