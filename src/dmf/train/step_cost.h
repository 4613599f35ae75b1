#pragma once
#include <cstdint>

#include "dmf/train/batch.h"
#include "dmf/train/trainer.h"

namespace dmf::train {

/// What one step costs on this machine, means over some steps.
struct StepCost {
  int64_t samples = 0;  ///< of a step
  double draw_seconds =
      0;  ///< decoding, frozen encoder, augmentation; in a run this goes on beside the steps
  double step_seconds = 0;  ///< forward, losses, backward, update
  double loss = 0;          ///< of the last step
};

/// Runs a stage's first steps for what they cost. Nothing is written; the model's weights and head change.
///
/// One more step than `steps` is run: the first, in which memory is taken and kernels are chosen, does not
/// count.
/// @param batches  of the stage; the model gets a head for its identities
/// @param steps    >= 1
/// @throws Interrupted  Ctrl-C; otherwise as Trainer::step
StepCost measure_step_cost(fuse::DmfModel& model, const BatchSource& batches, const TrainerOptions& options,
                           double learning_rate, int64_t steps);

}  // namespace dmf::train
