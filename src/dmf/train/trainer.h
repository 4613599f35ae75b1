#pragma once
#include <torch/types.h>

#include <memory>
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/loss/total.h"
#include "dmf/train/batch.h"
#include "dmf/train/data_parallel.h"
#include "dmf/train/optimizer.h"
#include "dmf/train/ranks.h"

namespace dmf::train {

/// What a Trainer needs to know.
struct TrainerOptions {
  loss::LossOptions loss;
  OptimizerOptions optimizer;
  torch::Dtype precision = torch::kFloat32;  ///< of the heavy products, see compute_type()
  uint64_t seed = 0;                         ///< of dropout
  std::string stage = "finetune";            ///< named in errors and in the random streams
  int64_t parts = 1;                         ///< that a batch is computed in, one after another
  std::shared_ptr<const Ranks> ranks;        ///< that share each batch; null: this process computes all of it
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

  /// @param batch  the whole one, also where ranks share it: each computes its shard
  /// @param step  number within the stage: what is random in the step depends on it and the seed alone
  /// @throws DivergenceError  the loss or a gradient is not finite; nothing was updated
  /// @throws InvalidArgument  a batch that does not fit the model or the losses
  StepReport step(const Batch& batch, double learning_rate, int64_t step);

  /// The weights' moving average, or null without one.
  MovingAverage* average() { return average_.get(); }
  /// Optimiser's and average's tensors: handles.
  weights::NamedTensors state() const;
  void load_state(const weights::NamedTensors& state);

 private:
  struct Outputs {
    torch::Tensor logits;
    loss::Losses losses;
  };
  uint64_t draws_of(int64_t step) const;
  torch::Tensor forward(const Batch& batch, int64_t step) const;
  Outputs losses_of(const WholeBatch& whole) const;
  StepReport compute_gradients(const Batch& batch, int64_t step);
  [[noreturn]] void explain(const StepReport& report, const Batch& batch, double learning_rate, int64_t step);

  fuse::DmfModel& model_;
  TrainerOptions options_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<MovingAverage> average_;
};

}  // namespace dmf::train
