#include "dmf/cli/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "dmf/cli/training_plan.h"
#include "dmf/cli/training_setup.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/core/table.h"

namespace dmf::cli {
namespace {

/// The dataset with one caption an identity: what a step costs does not hang on how many wordings are encoded
/// before it, and a dry run need not wait for them.
data::Dataset with_few_words(data::Dataset dataset) {
  std::set<int64_t> captioned;
  for (data::Record& record : dataset.train) {
    if (record.captions.empty()) continue;
    record.captions.resize(captioned.insert(record.identity).second ? 1 : 0);
  }
  return dataset;
}

DryRunStage measure_stage(TrainingSetup& setup, const std::string& name, const std::string& title,
                          const data::Dataset& dataset, const train::StageOptions& stage, bool reads_texts,
                          int64_t steps) {
  const data::Dataset few = with_few_words(dataset);
  const auto batches = setup.batches(few, nullptr, reads_texts, name);
  spdlog::info("{}: {} steps of {} samples", title, steps, batches->samples_per_step());
  DryRunStage result;
  result.title = title;
  result.steps = stage.total_steps(batches->steps_per_epoch());
  result.has_store = setup.has_store();
  result.cost = train::measure_step_cost(*setup.model, *batches,
                                         {.loss = setup.options().train.loss,
                                          .optimizer = setup.options().train.optimizer,
                                          .precision = setup.type,
                                          .seed = static_cast<uint64_t>(setup.options().run.seed),
                                          .stage = name,
                                          .parts = setup.options().train.batch.parts},
                                         stage.learning_rate, steps);
  result.peak_memory = peak_memory_bytes();
  return result;
}

}  // namespace

std::vector<DryRunStage> dry_run(TrainingRequest request, int64_t steps) {
  request.options.train.text.composed = 1;
  TrainingSetup setup(std::move(request));
  spdlog::info("{} on {}\n{}", torch::toString(setup.type), setup.device.str(),
               plan_text(plan_training(setup)));
  const train::TrainOptions& train = setup.options().train;
  std::vector<DryRunStage> stages;
  if (has_stage(train.pretrain)) {
    stages.push_back(measure_stage(setup, "pretrain", "stage I, pre-training", setup.stage_one_data(),
                                   train.pretrain, setup.has_texts(), steps));
  }
  if (has_stage(train.finetune)) {
    stages.push_back(measure_stage(setup, "finetune", "stage II, fine-tuning", setup.train, train.finetune,
                                   setup.finetune_has_texts(), steps));
  }
  return stages;
}

std::string dry_run_text(const std::vector<DryRunStage>& stages) {
  std::vector<std::vector<std::string>> rows;
  for (const DryRunStage& stage : stages) {
    rows.push_back({stage.title, fmt::format("{}", stage.steps), fmt::format("{}", stage.cost.samples),
                    fmt::format("{:.3f} s{}", stage.cost.draw_seconds, stage.has_store ? " *" : ""),
                    fmt::format("{:.3f} s", stage.cost.step_seconds), "~ " + duration_text(stage.seconds()),
                    fmt::format("{:.1f} GiB", static_cast<double>(stage.peak_memory) / (1 << 30))});
  }
  std::string text = text_table(
      {"dry run", "steps", "samples", "draw a step", "learn a step", "whole stage", "memory so far"}, rows);
  if (std::any_of(stages.begin(), stages.end(), [](const DryRunStage& stage) { return stage.has_store; }))
    text += "* decoding and the frozen encoder: in the run the token store saves it, and it is not counted\n";
  return text;
}

nlohmann::json to_json(const DryRunStage& stage) {
  return {{"stage", stage.title},
          {"steps", stage.steps},
          {"samples_per_step", stage.cost.samples},
          {"draw_seconds", stage.cost.draw_seconds},
          {"step_seconds", stage.cost.step_seconds},
          {"has_token_store", stage.has_store},
          {"seconds", stage.seconds()},
          {"loss", stage.cost.loss},
          {"peak_memory_bytes", stage.peak_memory}};
}

}  // namespace dmf::cli
