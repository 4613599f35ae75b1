#include <CLI/CLI.hpp>

#include "dmf/cli/command.h"
#include "dmf/cli/training_arguments.h"
#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

struct TrainArguments {
  TrainingArguments shared;
  std::string config;
};

void train(const TrainArguments& arguments) {
  DMF_CHECK(!arguments.shared.resume || arguments.config.empty(), InvalidArgument,
            "--resume takes the run's own configuration: leave {} out", arguments.config);
  TrainingRequest request =
      arguments.shared.request([&](OptionTable& table) { load_run_configuration(table, arguments.config); });
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
        return [arguments] { train(*arguments); };
      }};
}

}  // namespace dmf::cli
