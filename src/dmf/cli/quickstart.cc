#include <CLI/CLI.hpp>

#include "dmf/cli/command.h"
#include "dmf/cli/quickstart_config.h"
#include "dmf/cli/quickstart_world.h"
#include "dmf/cli/training_arguments.h"

namespace dmf::cli {
namespace {

bool names_data(const TrainingArguments& arguments) {
  return arguments.resume || !arguments.train.empty() || !arguments.pretrain.empty() ||
         !arguments.tests.empty();
}

struct QuickstartArguments {
  TrainingArguments training;
  int64_t people = 300;
};

void quickstart(const QuickstartArguments& quickstart) {
  const TrainingArguments& arguments = quickstart.training;
  if (!names_data(arguments)) return quickstart_on_world(arguments, quickstart.people);
  TrainingRequest request = arguments.request(
      [](OptionTable& table) { table.load_toml_text(kQuickstartConfig, "configs/quickstart.toml"); });
  request.texts_are_optional = true;
  report_training(run_training(std::move(request)), arguments.json);
}

}  // namespace

Command quickstart_command() {
  return {
      "quickstart",
      "The main job, well set up: stores, both stages, tests; without data, on synthetic people",
      "dmf quickstart\n"
      "dmf quickstart --train market1501:Market-1501 --test market1501:Market-1501 --test cuhk03:cuhk03-np",
      [](CLI::App& app) {
        auto arguments = std::make_shared<QuickstartArguments>();
        arguments->training.declare(app);
        app.add_option("--people", arguments->people,
                       "without data: persons of the synthetic world for stage I; stage II has two thirds as "
                       "many others, the "
                       "test one third")
            ->check(CLI::Range(6, 1000000))
            ->capture_default_str()
            ->type_name("N");
        return [arguments] { quickstart(*arguments); };
      }};
}

}  // namespace dmf::cli
