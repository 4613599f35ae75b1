#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/train/checkpoint.h"
#include "dmf/train/early_stop.h"
#include "dmf/train/metrics_file.h"
#include "dmf/train/trainer.h"
#include "dmf/train/two_stage.h"

namespace dmf::train {

/// A stage and its place in the run.
struct Stage {
  std::string name;   ///< "pretrain"
  std::string title;  ///< "stage I, pre-training"
  StageOptions options;
  const StageData& data;

  int64_t steps() const {
    if (data.batches == nullptr) return 0;
    return options.total_steps(data.batches->steps_per_epoch());
  }
};

/// Figures of the steps since the last line of metrics.jsonl: means.
struct Means {
  int64_t steps = 0;
  double loss = 0, identity_loss = 0, triplet_loss = 0, accuracy = 0, gradient_norm = 0;

  void add(const StepReport& report);
};

/// What the runners of a run's stages share.
struct RunState {
  const TwoStageRun& run;
  nlohmann::json data;                                 ///< stage → dataset's title and fingerprint
  MetricsFile* metrics;                                ///< null on all ranks but the first
  nlohmann::json progress = nlohmann::json::object();  ///< stage → its runner's progress, for checkpoints
};

/// Runs one stage from a step to its end: steps, lines of metrics.jsonl, validations, checkpoints.
class StageRunner {
 public:
  StageRunner(fuse::DmfModel& model, const Stage& stage, RunState& state);

  /// @param from  checkpoint of this stage to go on from; null: from the beginning
  StageResult run(const Checkpoint* from);

 private:
  void load(const Checkpoint& from);
  void train(int64_t first, int64_t last);
  double rate_of(int64_t step) const;
  StepReport take_step(const Batch& batch, int64_t step);
  bool after_step(int64_t done, int64_t last);
  bool is_over_early(int64_t done, int64_t last);
  void write_means(int64_t done);
  void validate(int64_t done);
  double measure(int64_t done);
  bool is_asked_to_stop() const;
  void finish(int64_t done);
  void save(int64_t done);
  nlohmann::json progress() const;

  fuse::DmfModel& model_;
  const Stage& stage_;
  const TwoStageRun& run_;
  RunState& state_;
  Trainer trainer_;
  Means means_;
  EarlyStop early_stop_;
  weights::NamedTensors best_;  ///< what changes in training, at the best validation
  StageResult result_;
  int64_t validated_at_ = -1;
  bool is_finished_ = false;
  bool awaits_validation_ = false;  ///< a validation was interrupted
  double started_at_ = 0, seconds_before_ = 0, saved_at_ = 0;
};

/// Of a stage that a checkpoint's progress tells of.
StageResult result_of(const nlohmann::json& progress);

}  // namespace dmf::train
