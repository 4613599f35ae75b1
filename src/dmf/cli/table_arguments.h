#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dmf/cli/training_arguments.h"

namespace dmf::cli {

/// Flags that the commands share which make a table of runs (`matrix`, `ablate`).
struct TableArguments {
  std::string config, pretrain, out, data_root, json;
  std::vector<std::string> tests, assignments;
  int64_t epochs = -1;

  /// Declares them. @param config  what the configuration file is for
  void declare(CLI::App& app, const std::string& config_use);
  /// What every run of the table has in common; the tests are the table's own.
  TrainingArguments training() const;
};

/// Carries a table's runs out and reports them: `text` to standard output, `document` beside the
/// measurement's own entries where
/// --json says.
/// @throws Interrupted  Ctrl-C: the message says that the same command goes on
void run_table(const TableArguments& arguments, const std::function<void()>& run,
               const std::function<std::string()>& text, const std::function<nlohmann::json()>& document);

}  // namespace dmf::cli
