#include "dmf/train/two_stage.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/train/checkpoint.h"
#include "dmf/train/metrics_file.h"
#include "dmf/train/stage_runner.h"

namespace dmf::train {
namespace {

constexpr int64_t kStyleMaps = 1000;

/// All ranks go on from one checkpoint.
void check_same_moment(const Ranks& ranks, int64_t step, const std::filesystem::path& folder) {
  torch::Tensor first = torch::tensor({step}, torch::kInt64);
  ranks.take_from_first({first});
  const int64_t others = ranks.sum(first.item<int64_t>() != step ? 1 : 0);
  DMF_CHECK(others == 0, DataError,
            "{}: {} of {} ranks read another checkpoint than the first; hint: the run folder must be on a "
            "file system "
            "that all share",
            folder.string(), others, ranks.size());
}

nlohmann::json record_of(const StageData& data) {
  return {{"title", data.title}, {"fingerprint", data.fingerprint}};
}

void take_from_first(const Ranks& ranks, const fuse::DmfModel& model) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : changing_tensors(model)) tensors.push_back(tensor);
  ranks.take_from_first(tensors);
}

void check_run(const Stage& stage_one, const Stage& stage_two, const TwoStageRun& run) {
  DMF_CHECK(stage_one.steps() + stage_two.steps() > 0, InvalidArgument,
            "[train] no stage has anything to do; hint: set pretrain.epochs or finetune.epochs above 0");
  const ProgressOptions& progress = run.options.progress;
  DMF_CHECK(progress.patience == 0 || (progress.validate_every > 0 && run.validate && run.score),
            InvalidArgument,
            "[train] patience {} needs validations: set train.validate_every above 0 and name a dataset to "
            "validate on",
            progress.patience);
}

std::optional<Checkpoint> checkpoint_to_resume(const TwoStageRun& run, const nlohmann::json& data_record) {
  if (!run.resume) return std::nullopt;
  const std::filesystem::path folder = run.folder / "checkpoint";
  // The first reads before the others: it may move a damaged file out of the way.
  const bool waits = run.ranks != nullptr && !run.ranks->is_first();
  if (waits) run.ranks->wait_for_all();
  std::optional<Checkpoint> checkpoint = load_checkpoint(folder);
  if (run.ranks != nullptr && !waits) run.ranks->wait_for_all();
  if (run.ranks != nullptr) check_same_moment(*run.ranks, checkpoint ? checkpoint->step : -1, folder);
  if (checkpoint.has_value()) check_same_run(*checkpoint, run.configuration, data_record, folder);
  if (!checkpoint.has_value())
    spdlog::info("{}: no checkpoint yet, starting from the beginning", folder.string());
  return checkpoint;
}

/// BNNeck and classifier for this stage's identities: those there are where they belong to the same dataset.
void fit_head(fuse::DmfModel& model, const Stage& stage, const std::string& head_of, uint64_t seed) {
  const int64_t identities = stage.data.batches->identities();
  const bool is_other_dataset = !head_of.empty() && head_of != stage.data.fingerprint;
  if (is_other_dataset || model.identities() != identities) model.reset_head(identities, seed);
}

}  // namespace

TwoStageResult train_two_stages(fuse::DmfModel& model, const StageData& pretrain, const StageData& finetune,
                                const TwoStageRun& run) {
  const Stage stage_one{"pretrain", "stage I, pre-training", run.options.pretrain, pretrain};
  const Stage stage_two{"finetune", "stage II, fine-tuning", run.options.finetune, finetune};
  check_run(stage_one, stage_two, run);
  const bool is_first = run.ranks == nullptr || run.ranks->is_first();
  if (is_first) {
    for (const std::filesystem::path& folder : {run.folder, run.folder / "checkpoint"}) remove_parts(folder);
  }
  const nlohmann::json data_record{{"pretrain", record_of(pretrain)}, {"finetune", record_of(finetune)}};
  const std::optional<Checkpoint> checkpoint = checkpoint_to_resume(run, data_record);
  std::optional<MetricsFile> metrics;
  if (is_first)
    metrics.emplace(run.folder / "metrics.jsonl", checkpoint ? checkpoint->stage : "",
                    checkpoint ? checkpoint->step : 0);
  RunState state{run, data_record, metrics ? &*metrics : nullptr};
  if (checkpoint.has_value()) state.progress = checkpoint->progress;

  TwoStageResult result;
  std::string head_of;  // fingerprint of the dataset that the head's identities are of
  for (const auto& [stage, stage_result] :
       {std::pair(&stage_one, &result.pretrain), {&stage_two, &result.finetune}}) {
    if (stage->steps() == 0) continue;
    fit_head(model, *stage, head_of, run.seed);
    head_of = stage->data.fingerprint;
    const bool is_behind = checkpoint.has_value() && checkpoint->stage == "finetune" && stage == &stage_one;
    if (is_behind) {
      *stage_result = result_of(state.progress.at(stage->name));
      continue;
    }
    const bool goes_on = checkpoint.has_value() && checkpoint->stage == stage->name;
    if (goes_on) model.assign(checkpoint->model);
    if (run.ranks != nullptr) take_from_first(*run.ranks, model);
    if (model.needs_average_style()) model.set_average_style(stage->data.batches->sample_maps(kStyleMaps));
    *stage_result = StageRunner(model, *stage, state).run(goes_on ? &*checkpoint : nullptr);
  }
  return result;
}

}  // namespace dmf::train
