#pragma once
#include <torch/types.h>

#include <string>
#include <vector>

#include "dmf/cli/training_setup.h"
#include "dmf/fuse/model.h"

namespace dmf::cli {

/// How fast this machine is with a model, measured on made-up samples (a second or two).
struct Rates {
  double frozen = 0;     ///< images a second through the encoder's frozen part
  double training = 0;   ///< samples a second through forward and backward of what is trained
  double embedding = 0;  ///< images a second from pixels to vectors
  double texts = 0;      ///< sentences a second through the text encoder; 0 = there is none
};

/// Measures in `type` on the model's device, with batches of `batch` samples. Changes no weight.
/// `text_encoder` may be null.
Rates measure_rates(fuse::DmfModel& model, const translate::TextEncoder* text_encoder, torch::Dtype type,
                    int64_t batch);

/// A part of the work ahead: "stage I, pre-training", "240 steps of 64 samples", seconds.
struct PlannedPart {
  std::string title, amount;
  double seconds;
};

/// All parts of a training, with the time each takes on this machine.
std::vector<PlannedPart> plan_training(TrainingSetup& setup);

/// The parts with their times and the sum, as a table for the terminal.
std::string plan_text(const std::vector<PlannedPart>& parts);

}  // namespace dmf::cli
