#include "dmf/train/stage_runner.h"

#include "dmf/core/error.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/core/system.h"
#include "dmf/train/divergence.h"
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
                       .stage = stage.name,
                       .parts = run_.options.batch.parts,
                       .ranks = run_.ranks}),
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
    is_over = is_over_early(first, last);
  }
  Prefetcher batches(*stage_.data.batches, first, is_over ? first : last);
  int64_t step = first;
  while (step < last && !is_over) {
    const Batch batch = batches.next();
    means_.add(take_step(batch, step));
    progress.advance(batch.samples(),
                     fmt::format("loss {:.3f} accuracy {:.2f}", means_.loss, means_.accuracy));
    is_over = after_step(++step, last);
  }
  progress.finish();
  finish(step);
}

double StageRunner::rate_of(int64_t step) const {
  return stage_.options.learning_rate * learning_rate_factor(step, stage_.steps(), stage_.options.schedule);
}

/// One step; an error names the samples where it is of some.
StepReport StageRunner::take_step(const Batch& batch, int64_t step) {
  try {
    return trainer_.step(batch, rate_of(step), step);
  } catch (const DivergenceError& error) {
    const std::vector<std::string> names = stage_.data.batches->sample_names(step);
    std::string list;
    for (const int64_t sample : error.samples()) {
      const auto place = static_cast<size_t>(sample);
      list +=
          place < names.size() ? fmt::format("\n  {}", names[place]) : fmt::format("\n  sample {}", sample);
    }
    throw DivergenceError(error.what() + (list.empty() ? "" : "; it is of" + list), error.samples());
  }
}

/// Everything between two steps: lines, validation, checkpoints, Ctrl-C. `done` steps are behind.
/// @return whether the stage is over before its last step
bool StageRunner::after_step(int64_t done, int64_t last) {
  const ProgressOptions& options = run_.options.progress;
  if (done % options.log_every == 0 || done == last) write_means(done);
  if (done == last) return false;
  const int64_t every = options.validate_every * stage_.data.batches->steps_per_epoch();
  if (every > 0 && done % every == 0) validate(done);
  if (is_over_early(done, last)) return true;
  const bool is_due =
      options.checkpoint_minutes > 0 && wall_seconds() - saved_at_ > 60 * options.checkpoint_minutes;
  const bool stops = is_asked_to_stop();
  if (is_due || stops) {
    save(done);
    saved_at_ = wall_seconds();
  }
  if (stops) {
    throw Interrupted(
        fmt::format("{}: stopped at step {} of {}; --resume goes on from there", stage_.title, done, last));
  }
  return false;
}

bool StageRunner::is_over_early(int64_t done, int64_t last) {
  if (!early_stop_.is_over()) return false;
  spdlog::info("{}: over at step {} of {}: {} validations without a better score than {:.4g} at step {}",
               stage_.title, done, last, run_.options.progress.patience, early_stop_.best_score(),
               early_stop_.best_step());
  if (means_.steps > 0) write_means(done);
  return true;
}

void StageRunner::write_means(int64_t done) {
  if (state_.metrics != nullptr)
    state_.metrics->add(
        {{"stage", stage_.name},
         {"step", done},
         {"epoch", static_cast<double>(done) / static_cast<double>(stage_.data.batches->steps_per_epoch())},
         {"learning_rate", rate_of(done - 1)},
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
  // Where ranks train together the first measures, and the others hear of it.
  torch::Tensor told = at::zeros({2}, torch::kFloat64);  // score, whether it was interrupted
  if (state_.metrics != nullptr) {
    try {
      told[0] = measure(done);
    } catch (const Interrupted&) {
      told[1] = 1;
    }
  }
  if (run_.ranks != nullptr) run_.ranks->take_from_first({told});
  if (told[1].item<double>() != 0) {
    awaits_validation_ = true;
    save(done);
    throw Interrupted(fmt::format("{}: stopped while step {} was validated; --resume goes on from there",
                                  stage_.title, done));
  }
  awaits_validation_ = false;
  validated_at_ = done;
  if (state_.metrics != nullptr)
    state_.metrics->add({{"stage", stage_.name}, {"step", done}, {"validation", result_.validation}});
  if (run_.options.progress.patience == 0) return;
  if (early_stop_.add(told[0].item<double>(), done)) {
    const AverageScope average(trainer_.average());
    best_ = copies_of(changing_tensors(model_));
  }
}

/// The validation's score; 0 where nobody asks for one.
double StageRunner::measure(int64_t done) {
  const AverageScope average(trainer_.average());
  result_.validation = run_.validate(model_, stage_.name, done / stage_.data.batches->steps_per_epoch());
  return run_.options.progress.patience > 0 ? run_.score(result_.validation) : 0;
}

/// On every rank where it was asked of one.
bool StageRunner::is_asked_to_stop() const {
  if (run_.ranks == nullptr) return interrupt_requested();
  return run_.ranks->sum(interrupt_requested() ? 1 : 0) > 0;
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
  if (state_.metrics == nullptr) return;
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
