#include "dmf/cli/table_arguments.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "dmf/cli/flags.h"
#include "dmf/cli/result.h"
#include "dmf/core/error.h"

namespace dmf::cli {

void TableArguments::declare(CLI::App& app, const std::string& config_use) {
  app.add_option("config", config, config_use)->type_name("FILE");
  app.add_option("--test", tests,
                 "dataset to test every model on; may be repeated; standard is the configuration's run.test")
      ->type_name("DATASET");
  app.add_option("--pretrain", pretrain, "dataset of stage I of every training (run.pretrain)")
      ->type_name("DATASET");
  app.add_option("--out", out, "folder of the runs and the tables; called again, the command goes on in it")
      ->required()
      ->type_name("DIR");
  app.add_option("--epochs", epochs, "epochs of each stage that has any")
      ->check(positive_number())
      ->type_name("N");
  app.add_option("--set", assignments, "option of every run, see `dmf help --options`")
      ->type_name("TABLE.KEY=VALUE");
  add_data_root_flag(app, data_root);
  add_json_flag(app, json, "instead of the table");
}

TrainingArguments TableArguments::training() const {
  TrainingArguments training;
  training.pretrain = pretrain;
  training.data_root = data_root;
  training.assignments = assignments;
  training.epochs = epochs;
  return training;
}

void run_table(const TableArguments& arguments, const std::function<void()>& run,
               const std::function<std::string()>& text, const std::function<nlohmann::json()>& document) {
  const Measurement measurement;
  try {
    run();
  } catch (const Interrupted& error) {
    throw Interrupted(
        fmt::format("{}; the same command goes on, what is in {} is kept", error.what(), arguments.out));
  }
  if (arguments.json != "-") std::fputs(text().c_str(), stdout);
  if (arguments.json.empty()) return;
  nlohmann::json all = measurement.document();
  all.update(document());
  write_document(all, arguments.json);
}

}  // namespace dmf::cli
