#include "dmf/train/two_stage.h"

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/train/checkpoint.h"
#include "dmf/train/metrics_file.h"
#include "dmf/train/prefetcher.h"
#include "dmf/train/schedule.h"
#include "dmf/train/trainer.h"

namespace dmf::train {
namespace {

constexpr int64_t kStyleMaps = 1000;

/// A stage and its place in the run.
struct Stage {
  std::string name;   ///< "pretrain"
  std::string title;  ///< "stage I, pre-training"
  StageOptions options;
  const StageData& data;

  int64_t steps() const {
    if (data.batches == nullptr) return 0;
    return options.total_steps(data.batches->steps_per_epoch());
  }
};

/// Means over the steps since the last line.
struct Means {
  int64_t steps = 0;
  double loss = 0, identity_loss = 0, triplet_loss = 0, accuracy = 0, gradient_norm = 0;

  void add(const StepReport& report) {
    ++steps;
    const auto move = [this](double& mean, double value) {
      mean += (value - mean) / static_cast<double>(steps);
    };
    move(loss, report.loss);
    move(identity_loss, report.identity_loss);
    move(triplet_loss, report.triplet_loss);
    move(accuracy, report.accuracy);
    move(gradient_norm, report.gradient_norm);
  }
};

/// Runs one stage from a step to its end.
class StageRunner {
 public:
  StageRunner(fuse::DmfModel& model, const Stage& stage, const TwoStageRun& run,
              const nlohmann::json& data_record, MetricsFile& metrics)
      : model_(model),
        stage_(stage),
        run_(run),
        data_record_(data_record),
        metrics_(metrics),
        trainer_(model, {.loss = run.options.loss,
                         .optimizer = run.options.optimizer,
                         .precision = run.precision,
                         .seed = run.seed,
                         .stage = stage.name}) {}

  StageResult run(const Checkpoint* from) {
    const int64_t first = from == nullptr ? 0 : from->step;
    const int64_t last = stage_.steps();
    if (from != nullptr && first < last) trainer_.load_state(from->state);
    result_.steps = last;
    announce(first, last);
    if (first < last) train(first, last);
    return result_;
  }

 private:
  void announce(int64_t first, int64_t last) const {
    spdlog::info("{}: {} steps of {} samples on {}, {} identities{}", stage_.title, last,
                 stage_.data.batches->samples_per_step(), stage_.data.title,
                 stage_.data.batches->identities(),
                 first == 0 ? "" : fmt::format("; going on from step {}", first));
  }

  void train(int64_t first, int64_t last) {
    const double start = wall_seconds();
    const int64_t samples = stage_.data.batches->samples_per_step();
    Progress progress(stage_.title, last * samples, "samples");
    progress.skip(first * samples);
    Prefetcher batches(*stage_.data.batches, first, last);
    saved_at_ = start;
    for (int64_t step = first; step < last; ++step) {
      const double rate =
          stage_.options.learning_rate * learning_rate_factor(step, last, stage_.options.warmup);
      const Batch batch = batches.next();
      means_.add(trainer_.step(batch, rate, step));
      progress.advance(batch.samples(),
                       fmt::format("loss {:.3f} accuracy {:.2f}", means_.loss, means_.accuracy));
      after_step(step + 1, last, rate);
    }
    progress.finish();
    result_.seconds = wall_seconds() - start;
    finish(last);
  }

  /// Everything between two steps: lines, validation, checkpoints, Ctrl-C. `done` steps are behind.
  void after_step(int64_t done, int64_t last, double rate) {
    const ProgressOptions& options = run_.options.progress;
    if (done % options.log_every == 0 || done == last) write_means(done, rate);
    if (done == last) return;
    const int64_t every = options.validate_every * stage_.data.batches->steps_per_epoch();
    if (every > 0 && done % every == 0) with_average([&] { validate(done); });
    const double now = wall_seconds();
    const bool is_due = options.checkpoint_minutes > 0 && now - saved_at_ > 60 * options.checkpoint_minutes;
    if (is_due || interrupt_requested()) {
      save(done, trainer_.state());
      saved_at_ = now;
    }
    if (interrupt_requested()) {
      throw Interrupted(
          fmt::format("{}: stopped at step {} of {}; --resume goes on from there", stage_.title, done, last));
    }
  }

  void write_means(int64_t done, double rate) {
    metrics_.add(
        {{"stage", stage_.name},
         {"step", done},
         {"epoch", static_cast<double>(done) / static_cast<double>(stage_.data.batches->steps_per_epoch())},
         {"learning_rate", rate},
         {"loss", means_.loss},
         {"loss_identity", means_.identity_loss},
         {"loss_triplet", means_.triplet_loss},
         {"accuracy", means_.accuracy},
         {"gradient_norm", means_.gradient_norm}});
    result_.loss = means_.loss;
    result_.accuracy = means_.accuracy;
    means_ = {};
  }

  void finish(int64_t last) {
    if (trainer_.average() != nullptr) trainer_.average()->swap();  // the average is the stage's result
    save(last, {});
    validate(last);
  }

  void validate(int64_t done) {
    if (!run_.validate) return;
    const int64_t epoch = done / stage_.data.batches->steps_per_epoch();
    result_.validation = run_.validate(model_, stage_.name, epoch);
    metrics_.add({{"stage", stage_.name}, {"step", done}, {"validation", result_.validation}});
  }

  template <class Work>
  void with_average(const Work& work) {
    if (trainer_.average() != nullptr) trainer_.average()->swap();
    work();
    if (trainer_.average() != nullptr) trainer_.average()->swap();
  }

  void save(int64_t done, const weights::NamedTensors& state) const {
    save_checkpoint(run_.folder / "checkpoint", {.stage = stage_.name,
                                                 .step = done,
                                                 .identities = model_.identities(),
                                                 .model = model_.tensors(),
                                                 .state = state,
                                                 .configuration = run_.configuration,
                                                 .data = data_record_});
  }

  fuse::DmfModel& model_;
  const Stage& stage_;
  const TwoStageRun& run_;
  const nlohmann::json& data_record_;
  MetricsFile& metrics_;
  Trainer trainer_;
  Means means_;
  StageResult result_;
  double saved_at_ = 0;
};

std::optional<Checkpoint> checkpoint_to_resume(const TwoStageRun& run, const nlohmann::json& data_record) {
  if (!run.resume) return std::nullopt;
  const std::filesystem::path folder = run.folder / "checkpoint";
  std::optional<Checkpoint> checkpoint = load_checkpoint(folder);
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
  DMF_CHECK(stage_one.steps() + stage_two.steps() > 0, InvalidArgument,
            "[train] no stage has anything to do; hint: set pretrain.epochs or finetune.epochs above 0");
  const nlohmann::json data_record{{"pretrain", pretrain.fingerprint}, {"finetune", finetune.fingerprint}};
  const std::optional<Checkpoint> checkpoint = checkpoint_to_resume(run, data_record);
  MetricsFile metrics(run.folder / "metrics.jsonl", checkpoint ? checkpoint->stage : "",
                      checkpoint ? checkpoint->step : 0);

  TwoStageResult result;
  std::string head_of;  // fingerprint of the dataset that the head's identities are of
  for (const auto& [stage, stage_result] :
       {std::pair(&stage_one, &result.pretrain), {&stage_two, &result.finetune}}) {
    if (stage->steps() == 0) continue;
    fit_head(model, *stage, head_of, run.seed);
    head_of = stage->data.fingerprint;
    const bool is_behind = checkpoint.has_value() && checkpoint->stage == "finetune" && stage == &stage_one;
    if (is_behind) continue;
    const bool goes_on = checkpoint.has_value() && checkpoint->stage == stage->name;
    if (goes_on) model.assign(checkpoint->model);
    if (model.needs_average_style()) model.set_average_style(stage->data.batches->sample_maps(kStyleMaps));
    *stage_result =
        StageRunner(model, *stage, run, data_record, metrics).run(goes_on ? &*checkpoint : nullptr);
  }
  return result;
}

}  // namespace dmf::train
