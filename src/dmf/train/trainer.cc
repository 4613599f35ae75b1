#include "dmf/train/trainer.h"

#include <cmath>
#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/random.h"
#include "dmf/train/divergence.h"
#include "dmf/train/micro_batches.h"

namespace dmf::train {
namespace {

double share_right(const torch::Tensor& logits, const torch::Tensor& labels) {
  return (logits.detach().argmax(1) == labels).to(torch::kFloat32).mean().item<double>();
}

}  // namespace

weights::NamedTensors changing_tensors(const fuse::DmfModel& model) {
  weights::NamedTensors changing;
  for (const auto& [name, tensor] : model.tensors()) {
    const bool is_statistic = name.find("running_") != std::string::npos;
    if (tensor.requires_grad() || (is_statistic && tensor.is_floating_point())) changing[name] = tensor;
  }
  return changing;
}

Trainer::Trainer(fuse::DmfModel& model, TrainerOptions options)
    : model_(model),
      options_(std::move(options)),
      optimizer_(make_optimizer(model.parameters(), options_.optimizer)) {
  if (options_.optimizer.ema > 0) {
    average_ = std::make_unique<MovingAverage>(changing_tensors(model), options_.optimizer.ema);
  }
}

uint64_t Trainer::draws_of(int64_t step) const {
  return RandomStream(options_.seed, options_.stage + ".dropout", {static_cast<uint64_t>(step)}).bits();
}

/// Features [B, D] of images and texts, which are independent samples of their identities.
torch::Tensor Trainer::forward(const Batch& batch, int64_t step) const {
  at::manual_seed(draws_of(step));
  const PrecisionScope precision(options_.precision, model_.device());
  std::vector<torch::Tensor> features;
  if (batch.images.defined()) features.push_back(model_.forward_image(batch.images, true));
  if (batch.texts.tokens.defined()) features.push_back(model_.forward_text(batch.texts, true));
  return at::cat(features);
}

Trainer::Outputs Trainer::losses_of(const WholeBatch& whole) const {
  const torch::Tensor logits = model_.classify(model_.neck(whole.features, true));
  return {logits, loss::total_loss(whole.features, logits, whole.labels, whole.weights, options_.loss,
                                   whole.is_image)};
}

StepReport Trainer::compute_gradients(const Batch& batch, int64_t step) {
  const Ranks* ranks = options_.ranks.get();
  const Batch mine = ranks == nullptr ? batch : shard_of(batch, ranks->rank(), ranks->size());
  std::optional<MicroBatches> parts;
  if (options_.parts > 1 || ranks != nullptr)
    parts.emplace(model_, mine, options_.parts, options_.precision, draws_of(step), ranks);
  torch::Tensor features = parts ? parts->features() : forward(batch, step);
  WholeBatch whole = whole_batch(features, batch);
  if (ranks != nullptr) whole = gather_batch(*ranks, features, mine);
  const auto [logits, losses] = losses_of(whole);
  losses.total.backward();
  if (parts) parts->backward(ranks == nullptr ? features.grad() : whole.own_gradient());
  if (ranks != nullptr) sum_gradients(*ranks, model_.parameters());
  return {.loss = losses.total.item<double>(),
          .identity_loss = losses.identity.item<double>(),
          .triplet_loss = losses.triplet.item<double>(),
          .accuracy = share_right(logits, whole.labels),
          .gradient_norm = optimizer_->clip_gradients(options_.optimizer.clip_norm)};
}

StepReport Trainer::step(const Batch& given, double learning_rate, int64_t step) {
  DMF_CHECK(given.images.defined() || given.texts.tokens.defined(), InvalidArgument,
            "[Trainer] batch: expected images or texts, got neither");
  const Batch batch = given.to(model_.device());
  const StepReport report = compute_gradients(batch, step);
  if (!std::isfinite(report.loss) || !std::isfinite(report.gradient_norm))
    explain(report, batch, learning_rate, step);
  optimizer_->step(learning_rate);
  optimizer_->clear_gradients();
  if (average_ != nullptr) average_->update();
  return report;
}

/// Does the step once more, with an eye on every part of it.
void Trainer::explain(const StepReport& report, const Batch& batch, double learning_rate, int64_t step) {
  optimizer_->clear_gradients();
  const Divergence found = find_divergence(
      model_, batch, [&] { return losses_of(whole_batch(forward(batch, step), batch)).losses; },
      [&] { compute_gradients(batch, step); });
  optimizer_->clear_gradients();
  throw DivergenceError(
      Expectation{
          "training",
          fmt::format("stage {}, step {}, learning rate {:.3g}", options_.stage, step, learning_rate),
          "a finite loss and gradient",
          fmt::format(
              "identity loss {}, triplet loss {}, gradient norm {}; the first number that is not finite "
              "arose in {}",
              report.identity_loss, report.triplet_loss, report.gradient_norm, found.place),
          "lower the learning rate, set optimizer.clip_norm, or run.precision = \"float32\""}
          .message(),
      found.samples);
}

weights::NamedTensors Trainer::state() const {
  weights::NamedTensors named = optimizer_->state();
  if (average_ != nullptr) named.merge(average_->state());
  return named;
}

void Trainer::load_state(const weights::NamedTensors& state) {
  optimizer_->load_state(state);
  if (average_ != nullptr) average_->load_state(state);
}

}  // namespace dmf::train
