#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/fuse/model.h"
#include "dmf/loss/total.h"
#include "dmf/train/batch.h"

namespace dmf::train {

/// A loss or gradient is not finite: the message says where the first such number arose.
class DivergenceError : public Error {
 public:
  DivergenceError(const std::string& message, std::vector<int64_t> samples)
      : Error(message), samples_(std::move(samples)) {}
  /// Places in the batch whose numbers are not finite; empty where that cannot be told.
  const std::vector<int64_t>& samples() const { return samples_; }

 private:
  std::vector<int64_t> samples_;
};

/// Where the first number that is not finite arose.
struct Divergence {
  std::string place;             ///< "the output of transformer.1.attn"
  std::vector<int64_t> samples;  ///< places in the batch; empty where it is not of some samples
};

/// Looks for it, in this order: what the batch holds, the parameters, the outputs of the model's parts and
/// the losses in a forward pass, the gradients of the outputs in a backward pass.
/// @param forward   the whole batch's forward pass and losses, the step's draws included
/// @param gradient  the step's forward and backward pass; adds to the parameters' gradients
Divergence find_divergence(const fuse::DmfModel& model, const Batch& batch,
                           const std::function<loss::Losses()>& forward,
                           const std::function<void()>& gradient);

}  // namespace dmf::train
