#include "dmf/train/stage_runner.h"

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/train/prefetcher.h"
#include "dmf/train/schedule.h"

namespace dmf::train {
namespace {

nlohmann::json to_json(const Means& means) {
  return {
      {"steps", means.steps},          {"loss", means.loss},         {"identity", means.identity_loss},
      {"triplet", means.triplet_loss}, {"accuracy", means.accuracy}, {"gradient_norm", means.gradient_norm}};
}

Means means_of(const nlohmann::json& saved) {
  return {saved.at("steps"),   saved.at("loss"),     saved.at("identity"),
          saved.at("triplet"), saved.at("accuracy"), saved.at("gradient_norm")};
}

weights::NamedTensors copies_of(const weights::NamedTensors& tensors) {
  weights::NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.detach().clone();
  return copies;
}

/// The weights' moving average in the model while it lives.
class AverageScope {
 public:
  explicit AverageScope(MovingAverage* average) : average_(average) {
    if (average_ != nullptr) average_->swap();
  }
  ~AverageScope() {
    if (average_ != nullptr) average_->swap();
  }
  AverageScope(const AverageScope&) = delete;
  AverageScope& operator=(const AverageScope&) = delete;

 private:
  MovingAverage* average_;
};

}  // namespace

void Means::add(const StepReport& report) {
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

StageResult result_of(const nlohmann::json& progress) {
  return {.steps = progress.at("steps"),
          .seconds = progress.at("seconds"),
          .loss = progress.at("loss"),
          .accuracy = progress.at("accuracy"),
          .validation = progress.at("validation")};
}

StageRunner::StageRunner(fuse::DmfModel& model, const Stage& stage, RunState& state)
    : model_(model),
      stage_(stage),
      run_(state.run),
      state_(state),
      trainer_(model, {.loss = run_.options.loss,
                       .optimizer = run_.options.optimizer,
                       .precision = run_.precision,
                       .seed = run_.seed,
                       .stage = stage.name}),
      early_stop_(run_.options.progress.patience) {
  result_.steps = stage.steps();
}

StageResult StageRunner::run(const Checkpoint* from) {
  const int64_t last = stage_.steps();
  const int64_t first = from == nullptr ? 0 : from->step;
  if (from != nullptr) load(*from);
  if (is_finished_) return result_;
  spdlog::info("{}: {} steps of {} samples on {}, {} identities{}", stage_.title, last,
               stage_.data.batches->samples_per_step(), stage_.data.title, stage_.data.batches->identities(),
               first == 0 ? "" : fmt::format("; going on from step {}", first));
  train(first, last);
  return result_;
}

void StageRunner::load(const Checkpoint& from) {
  const nlohmann::json& saved = from.progress.at(stage_.name);
  result_ = result_of(saved);
  is_finished_ = saved.at("is_finished");
  if (is_finished_) return;
  trainer_.load_state(from.state);
  seconds_before_ = result_.seconds;
  means_ = means_of(saved.at("means"));
  early_stop_.load_json(saved.at("early_stop"));
  awaits_validation_ = saved.at("awaits_validation");
  best_ = from.best;
}

void StageRunner::train(int64_t first, int64_t last) {
  const int64_t samples = stage_.data.batches->samples_per_step();
  Progress progress(stage_.title, last * samples, "samples");
  progress.skip(first * samples);
  started_at_ = saved_at_ = wall_seconds();
  bool is_over = false;
  if (awaits_validation_ && first < last) {
    validate(first);
    is_over = early_stop_.is_over();
  }
  Prefetcher batches(*stage_.data.batches, first, is_over ? first : last);
  int64_t step = first;
  while (step < last && !is_over) {
    const double rate =
        stage_.options.learning_rate * learning_rate_factor(step, last, stage_.options.warmup);
    const Batch batch = batches.next();
    means_.add(trainer_.step(batch, rate, step));
    progress.advance(batch.samples(),
                     fmt::format("loss {:.3f} accuracy {:.2f}", means_.loss, means_.accuracy));
    is_over = after_step(++step, last, rate);
  }
  progress.finish();
  finish(step);
}

/// Everything between two steps: lines, validation, checkpoints, Ctrl-C. `done` steps are behind.
/// @return whether the stage is over before its last step
bool StageRunner::after_step(int64_t done, int64_t last, double rate) {
  const ProgressOptions& options = run_.options.progress;
  if (done % options.log_every == 0 || done == last) write_means(done, rate);
  if (done == last) return false;
  const int64_t every = options.validate_every * stage_.data.batches->steps_per_epoch();
  if (every > 0 && done % every == 0) validate(done);
  if (early_stop_.is_over()) {
    spdlog::info("{}: over at step {} of {}: {} validations without a better score than {:.4g} at step {}",
                 stage_.title, done, last, options.patience, early_stop_.best_score(),
                 early_stop_.best_step());
    if (means_.steps > 0) write_means(done, rate);
    return true;
  }
  const bool is_due =
      options.checkpoint_minutes > 0 && wall_seconds() - saved_at_ > 60 * options.checkpoint_minutes;
  if (is_due || interrupt_requested()) {
    save(done);
    saved_at_ = wall_seconds();
  }
  if (interrupt_requested()) {
    throw Interrupted(
        fmt::format("{}: stopped at step {} of {}; --resume goes on from there", stage_.title, done, last));
  }
  return false;
}

void StageRunner::write_means(int64_t done, double rate) {
  state_.metrics.add(
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

void StageRunner::validate(int64_t done) {
  if (!run_.validate || validated_at_ == done) return;
  const int64_t epoch = done / stage_.data.batches->steps_per_epoch();
  try {
    const AverageScope average(trainer_.average());
    result_.validation = run_.validate(model_, stage_.name, epoch);
    const bool decides = run_.options.progress.patience > 0;
    if (decides && early_stop_.add(run_.score(result_.validation), done))
      best_ = copies_of(changing_tensors(model_));
  } catch (const Interrupted&) {
    awaits_validation_ = true;
    save(done);
    throw Interrupted(fmt::format("{}: stopped while step {} was validated; --resume goes on from there",
                                  stage_.title, done));
  }
  awaits_validation_ = false;
  validated_at_ = done;
  state_.metrics.add({{"stage", stage_.name}, {"step", done}, {"validation", result_.validation}});
}

/// The stage's result goes into the model: the average where there is one, the best of the validated ones
/// where they decide.
void StageRunner::finish(int64_t done) {
  result_.steps = done;
  validate(done);
  if (best_.empty() && trainer_.average() != nullptr) {
    const AverageScope average(trainer_.average());
    best_ = copies_of(changing_tensors(model_));
  }
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : changing_tensors(model_)) {
    if (!best_.empty()) tensor.detach().copy_(best_.at(name));
  }
  best_.clear();
  is_finished_ = true;
  save(done);
}

nlohmann::json StageRunner::progress() const {
  return {{"steps", result_.steps},
          {"seconds", seconds_before_ + wall_seconds() - started_at_},
          {"loss", result_.loss},
          {"accuracy", result_.accuracy},
          {"validation", result_.validation},
          {"is_finished", is_finished_},
          {"awaits_validation", awaits_validation_},
          {"means", to_json(means_)},
          {"early_stop", early_stop_.to_json()}};
}

void StageRunner::save(int64_t done) {
  state_.progress[stage_.name] = progress();
  result_.seconds = state_.progress[stage_.name].at("seconds");
  try {
    save_checkpoint(run_.folder / "checkpoint",
                    {.stage = stage_.name,
                     .step = done,
                     .identities = model_.identities(),
                     .model = model_.tensors(),
                     .state = is_finished_ ? weights::NamedTensors{} : trainer_.state(),
                     .best = best_,
                     .progress = state_.progress,
                     .configuration = run_.configuration,
                     .data = state_.data});
  } catch (const DataError& error) {
    throw DataError(
        fmt::format("{}; {} stops at step {}; once it can be written again, --resume goes on from "
                    "the last checkpoint there is",
                    error.what(), stage_.title, done));
  }
}

}  // namespace dmf::train
