#pragma once
#include <torch/types.h>

#include <memory>
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/loss/total.h"
#include "dmf/train/batch.h"
#include "dmf/train/optimizer.h"

namespace dmf::train {

/// What a Trainer needs to know.
struct TrainerOptions {
  loss::LossOptions loss;
  OptimizerOptions optimizer;
  torch::Dtype precision = torch::kFloat32;  ///< of the heavy products, see compute_type()
  uint64_t seed = 0;                         ///< of dropout
  std::string stage = "finetune";            ///< named in errors and in the random streams
};

/// What one step did.
struct StepReport {
  double loss, identity_loss, triplet_loss;
  double accuracy;       ///< share of the samples whose identity has the greatest logit
  double gradient_norm;  ///< before clipping
};

/// What changes in training: parameters, and batch norms' running statistics. Handles.
weights::NamedTensors changing_tensors(const fuse::DmfModel& model);

/// One step of Algorithm 1's "Optimize f": forward, loss, backward, clip, update.
///
///   Trainer trainer(model, options);
///   StepReport report = trainer.step(batch, learning_rate, step);
///
/// Not for several threads.
class Trainer {
 public:
  /// @param model  must outlive it; its parameters are changed in place
  Trainer(fuse::DmfModel& model, TrainerOptions options);

  /// @param step  number within the stage: what is random in the step depends on it and the seed alone
  /// @throws Error            the loss or a gradient is not finite
  /// @throws InvalidArgument  a batch that does not fit the model or the losses
  StepReport step(const Batch& batch, double learning_rate, int64_t step);

  /// The weights' moving average, or null without one.
  MovingAverage* average() { return average_.get(); }
  /// Optimiser's and average's tensors: handles.
  weights::NamedTensors state() const;
  void load_state(const weights::NamedTensors& state);

 private:
  struct Outputs {
    torch::Tensor features, logits;
  };
  Outputs forward(const Batch& batch) const;
  void check_finite(const StepReport& report, double learning_rate, int64_t step) const;

  fuse::DmfModel& model_;
  TrainerOptions options_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<MovingAverage> average_;
};

}  // namespace dmf::train
