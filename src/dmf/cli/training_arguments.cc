#include "dmf/cli/training_arguments.h"

#include <CLI/CLI.hpp>
#include <ctime>

#include "dmf/cli/flags.h"
#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

/// runs/NAME-20260131-120000, after the training set's folder or file.
std::filesystem::path standard_folder(const std::string& dataset) {
  std::filesystem::path path = dataset.substr(dataset.find(':') + 1);
  if (!path.has_filename()) path = path.parent_path();
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char time[20];
  std::strftime(time, sizeof(time), "%Y%m%d-%H%M%S", &local);
  return std::filesystem::path("runs") / fmt::format("{}-{}", path.stem().string(), time);
}

}  // namespace

void TrainingArguments::declare(CLI::App& app) {
  app.add_option("--train", train, "dataset to learn from (run.train)")->type_name("DATASET");
  app.add_option("--pretrain", pretrain, "another dataset for stage I, images and words (run.pretrain)")
      ->type_name("DATASET");
  app.add_option("--test", tests, "dataset to test on at the end; may be repeated (run.test)")
      ->type_name("DATASET");
  app.add_option("--out", out, "run folder; standard is runs/ and the training set's name and time")
      ->type_name("DIR");
  app.add_option("--epochs", epochs, "epochs of each stage that has any (pretrain.epochs, finetune.epochs)")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  app.add_flag("--resume", resume,
               "go on with the run in --out from its checkpoint, with its own configuration");
  app.add_option("--set", assignments, "option of the run, see `dmf help --options`; may be repeated")
      ->type_name("TABLE.KEY=VALUE");
  add_json_flag(app, json, "instead of the table");
}

TrainingRequest TrainingArguments::request(const std::function<void(OptionTable&)>& standard) const {
  TrainingRequest request;
  OptionTable table = request.options.table();
  if (resume) {
    DMF_CHECK(!out.empty(), InvalidArgument, "--resume needs --out: the folder of the run to go on with");
    table.load_toml(std::filesystem::path(out) / "config.toml");
  } else {
    standard(table);
  }
  apply(request.options);
  request.resume = resume;
  request.folder = out.empty() ? standard_folder(request.options.run.train) : std::filesystem::path(out);
  return request;
}

void TrainingArguments::apply(RunOptions& options) const {
  if (!train.empty()) options.run.train = train;
  if (!pretrain.empty()) options.run.pretrain = pretrain;
  if (!tests.empty()) options.run.test = tests;
  if (epochs > 0) {
    for (train::StageOptions* stage : {&options.train.pretrain, &options.train.finetune}) {
      if (stage->epochs == 0 && stage->steps == 0) continue;
      stage->epochs = epochs;
      stage->steps = 0;
    }
  }
  OptionTable table = options.table();
  for (const std::string& assignment : assignments) table.set(assignment);
}

}  // namespace dmf::cli
