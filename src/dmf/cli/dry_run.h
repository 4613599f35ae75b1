#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dmf/cli/training.h"
#include "dmf/train/step_cost.h"

namespace dmf::cli {

/// A stage as `train --dry-run` measured it.
struct DryRunStage {
  std::string title;       ///< "stage I, pre-training"
  int64_t steps = 0;       ///< of the whole stage
  bool has_store = false;  ///< a run would read a token store instead of decoding and encoding
  train::StepCost cost;
  int64_t peak_memory = 0;  ///< bytes, of the process up to here

  /// Seconds that the whole stage would take.
  double seconds() const {
    return static_cast<double>(steps) * (cost.step_seconds + (has_store ? 0 : cost.draw_seconds));
  }
};

/// Opens everything that a training needs and runs some steps of each of its stages, without a token store:
/// what they cost in time and memory on this machine. Nothing is written.
/// @param steps  measured, of each stage, >= 1
/// @throws as run_training()
std::vector<DryRunStage> dry_run(TrainingRequest request, int64_t steps);

/// Table for the terminal.
std::string dry_run_text(const std::vector<DryRunStage>& stages);

/// What `--json` holds of it.
nlohmann::json to_json(const DryRunStage& stage);

}  // namespace dmf::cli
