#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dmf/cli/training.h"

namespace CLI {
class App;
}

namespace dmf::cli {

/// Fills a run's options from a configuration file, or, where `file` is empty, with the standard ones and the
/// paper's 120 epochs (Section IV-B).
void load_run_configuration(OptionTable& table, const std::string& file);

/// Run folder where none is named: runs/ and `name` with the time.
std::filesystem::path standard_run_folder(const std::string& name);

/// Flags that `train` and `quickstart` share. Each stands for an option of the table, which it overrides;
/// --set overrides both.
struct TrainingArguments {
  std::string train, pretrain;  ///< datasets; several are lines
  std::string out, device, json, data_root;
  std::vector<std::string> tests, assignments;
  int64_t epochs = -1;
  bool resume = false;

  /// Declares the flags.
  void declare(CLI::App& app);
  /// The training that was asked for: `standard` fills in the options, or, where a run is resumed, its own
  /// configuration; the flags come on top.
  TrainingRequest request(const std::function<void(OptionTable&)>& standard) const;

 private:
  void apply(RunOptions& options) const;
};

}  // namespace dmf::cli
