#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/command.h"
#include "dmf/cli/dry_run.h"
#include "dmf/cli/flags.h"
#include "dmf/cli/training_arguments.h"
#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

struct TrainArguments {
  TrainingArguments shared;
  std::string config;
  int64_t dry_steps = 0;
};

void measure_cost(TrainingRequest request, const TrainArguments& arguments) {
  const Measurement measurement;
  const std::vector<DryRunStage> stages = dry_run(std::move(request), arguments.dry_steps);
  if (arguments.shared.json != "-") std::fputs(dry_run_text(stages).c_str(), stdout);
  if (arguments.shared.json.empty()) return;
  nlohmann::json document = measurement.document();
  for (const DryRunStage& stage : stages) document["dry_run"].push_back(to_json(stage));
  write_document(document, arguments.shared.json);
}

void train(const TrainArguments& arguments) {
  DMF_CHECK(!arguments.shared.resume || arguments.config.empty(), InvalidArgument,
            "--resume takes the run's own configuration: leave {} out", arguments.config);
  TrainingRequest request =
      arguments.shared.request([&](OptionTable& table) { load_run_configuration(table, arguments.config); });
  if (arguments.dry_steps > 0) return measure_cost(std::move(request), arguments);
  report_training(run_training(std::move(request)), arguments.shared.json);
}

}  // namespace

Command train_command() {
  return {
      "train", "Trains a model in the paper's two stages, tests it, and writes a run folder",
      "dmf train configs/quickstart.toml --train market1501:Market-1501 --out runs/first --set run.seed=1",
      [](CLI::App& app) {
        auto arguments = std::make_shared<TrainArguments>();
        app.add_option("config", arguments->config, "configuration, TOML (docs/cli.md lists the keys)")
            ->type_name("FILE");
        arguments->shared.declare(app);
        app.add_option("--dry-run", arguments->dry_steps,
                       "run STEPS steps of each stage (3 without a number), print what they cost in time and "
                       "memory, write nothing")
            ->expected(0, 1)
            ->default_str("3")
            ->check(positive_number())
            ->type_name("STEPS");
        return [arguments] { train(*arguments); };
      }};
}

}  // namespace dmf::cli
