#include "dmf/train/step_cost.h"

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/system.h"

namespace dmf::train {

StepCost measure_step_cost(fuse::DmfModel& model, const BatchSource& batches, const TrainerOptions& options,
                           double learning_rate, int64_t steps) {
  DMF_CHECK(steps >= 1, InvalidArgument, "[step cost] steps: expected at least 1, got {}", steps);
  if (model.identities() != batches.identities()) model.reset_head(batches.identities(), options.seed);
  if (model.needs_average_style()) model.set_average_style(batches.sample_maps(batches.samples_per_step()));
  Trainer trainer(model, options);
  StepCost cost;
  for (int64_t step = 0; step <= steps; ++step) {
    stop_if_interrupted("measuring steps");
    const double start = wall_seconds();
    const Batch batch = batches.draw(step);
    const double drawn = wall_seconds();
    cost.loss = trainer.step(batch, learning_rate, step).loss;
    cost.samples = batch.samples();
    if (step == 0) continue;
    cost.draw_seconds += (drawn - start) / static_cast<double>(steps);
    cost.step_seconds += (wall_seconds() - drawn) / static_cast<double>(steps);
  }
  return cost;
}

}  // namespace dmf::train
