#include <CLI/CLI.hpp>

#include "dmf/cli/command.h"
#include "dmf/cli/quickstart_config.h"
#include "dmf/cli/training_arguments.h"

namespace dmf::cli {
namespace {

void quickstart(const TrainingArguments& arguments) {
  TrainingRequest request = arguments.request(
      [](OptionTable& table) { table.load_toml_text(kQuickstartConfig, "configs/quickstart.toml"); });
  request.texts_are_optional = true;
  report_training(run_training(std::move(request)), arguments.json);
}

}  // namespace

Command quickstart_command() {
  return {
      "quickstart", "The main job, well set up: token stores, both stages of training, tests, a run folder",
      "dmf quickstart --train market1501:Market-1501 --test market1501:Market-1501 --test cuhk03:cuhk03-np",
      [](CLI::App& app) {
        auto arguments = std::make_shared<TrainingArguments>();
        arguments->declare(app);
        return [arguments] { quickstart(*arguments); };
      }};
}

}  // namespace dmf::cli
