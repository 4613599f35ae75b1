#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dmf/train/train_options.h"
#include "dmf/weights/tensors.h"

namespace dmf::train {

/// Changes parameters by their gradients. State (momentum, moments) is float32 tensors by name, so that a
/// checkpoint can keep it: "<rule>.<parameter>".
///
///   auto optimizer = make_optimizer(model.parameters(), options);
///   loss.backward();
///   optimizer->step(learning_rate);
///   optimizer->clear_gradients();
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update. Parameters without gradient (the text branch in a batch of images) stay as they are.
  virtual void step(double learning_rate) = 0;

  /// Euclidean length of all gradients together; where it exceeds `longest` > 0 they are shortened to it.
  /// @return the length before
  double clip_gradients(double longest);
  void clear_gradients();

  /// Handles, not copies; the same names in every step.
  virtual weights::NamedTensors state() const = 0;
  /// Copies what state() gave.
  /// @throws InvalidArgument  a tensor is missing or has another shape
  void load_state(const weights::NamedTensors& state);

 protected:
  /// A parameter with what the update needs to know of it.
  struct Parameter {
    std::string name;
    torch::Tensor value;
    double rate;   ///< of the learning rate
    double decay;  ///< weight decay
  };
  Optimizer(const weights::NamedTensors& parameters, const OptimizerOptions& options);

  /// Parameters that have a gradient now, in groups of equal rate and decay: indices into parameters_.
  std::vector<std::vector<size_t>> groups_with_gradient() const;

  std::vector<Parameter> parameters_;
  OptimizerOptions options_;
};

/// SGD with momentum: v = momentum v + (g + decay p); p = p - rate v   (PyTorch's form)
/// or AdamW (Loshchilov and Hutter 2019): beta1 = momentum, beta2 = 0.999, epsilon = 1e-8.
/// @param parameters  leaves that require gradients; those of the encoders take options.encoder_rate
/// @throws InvalidArgument  another name
std::unique_ptr<Optimizer> make_optimizer(const weights::NamedTensors& parameters,
                                          const OptimizerOptions& options);

/// Moving average of the weights: average = d average + (1 - d) value, d = min(decay, (1 + n) / (10 + n)) at
/// update n, so that the start is soon forgotten.
class MovingAverage {
 public:
  /// @param tensors  floating tensors to be averaged; handles that the trainer changes in place
  MovingAverage(weights::NamedTensors tensors, double decay);
  void update();
  /// Exchanges the averages with the weights; a second call brings the weights back.
  void swap();
  /// "average.<name>" and "average_updates".
  weights::NamedTensors state() const;
  void load_state(const weights::NamedTensors& state);

 private:
  weights::NamedTensors tensors_, averages_;
  torch::Tensor updates_;  ///< [] float64
  double decay_;
};

}  // namespace dmf::train
