#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/train/batch.h"
#include "dmf/train/ranks.h"
#include "dmf/train/train_options.h"

namespace dmf::train {

/// What a stage trains on.
struct StageData {
  std::shared_ptr<const BatchSource> batches;  ///< null: the stage is left out
  std::string title;                           ///< of the dataset, for messages: "market1501s"
  std::string fingerprint;                     ///< of the dataset: equal ones have the same identities
};

/// Called every options.progress.validate_every epochs and at a stage's end, with the weights that would be
/// saved. What it gives is put into metrics.jsonl.
using Validation =
    std::function<nlohmann::json(const fuse::DmfModel& model, const std::string& stage, int64_t epoch)>;

/// How the training is run.
struct TwoStageRun {
  TrainOptions options;
  std::filesystem::path folder;  ///< gets metrics.jsonl and checkpoint/
  nlohmann::json configuration =
      nlohmann::json::object();              ///< all options of the run, kept in the checkpoint
  torch::Dtype precision = torch::kFloat32;  ///< of the heavy products, see compute_type()
  uint64_t seed = 0;
  bool resume = false;  ///< go on from checkpoint/, where there is one
  /// That share each batch, all with the same data, options and folder; the first alone writes and validates.
  /// Null: this process trains alone.
  std::shared_ptr<const Ranks> ranks{};
  Validation validate;  ///< may be empty
  /// Score of what `validate` gave, higher is better: for progress.patience.
  std::function<double(const nlohmann::json& validation)> score;
};

/// What a stage came to.
struct StageResult {
  int64_t steps = 0;              ///< taken: fewer than asked for where it was stopped early
  double seconds = 0;             ///< of training, in all processes that took part
  double loss = 0, accuracy = 0;  ///< means of the last lines of metrics.jsonl
  nlohmann::json validation;      ///< at the end; null without
};
struct TwoStageResult {
  StageResult pretrain, finetune;
};

/// Algorithm 1 of the paper:
///
///   stage I, pre-training                                  [pretrain]; batches of images and texts
///     for each step
///       draw samples x of S_i ∪ S_t                        BatchSource::draw
///       x ∈ S_i: image translation, v_cls, p_i  (Eq. 4)    DmfModel::forward_image
///       x ∈ S_t: text translation, t_cls, p_t   (Eq. 5)    DmfModel::forward_text
///       optimise f with Eq. 2                              Trainer::step, loss::total_loss
///   stage II, fine-tuning                                  [finetune]; batches of images alone
///     for each step
///       draw samples x of S_f, image translation, v_cls, p_i, optimise f
///
/// The image translation and the transformer go on from stage I to stage II; the optimiser starts anew.
/// BNNeck and classifier belong to a set of identities: they are kept where both stages train on the same
/// dataset, and made anew where stage II has another. With optimizer.ema the averaged weights are each
/// stage's result.
///
/// With progress.patience a stage is over when so many validations brought nothing better, and its best
/// weights are its result.
///
/// Ctrl-C writes a checkpoint and throws Interrupted. A resumed run draws the same batches and, on the same
/// machine and number of threads, gives bit for bit the losses of one that was never stopped, wherever that
/// was killed (checkpoint.h).
///
/// @param model  is changed; its head is made for the first stage's identities where it was not
/// @throws InvalidArgument  no stage has steps; patience without validations; a resumed run with other
/// options
/// @throws DataError        a resumed run with other data; no checkpoint is whole; a full disk
/// @throws Error            a loss that is not finite
TwoStageResult train_two_stages(fuse::DmfModel& model, const StageData& pretrain, const StageData& finetune,
                                const TwoStageRun& run);

}  // namespace dmf::train
