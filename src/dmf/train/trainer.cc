#include "dmf/train/trainer.h"

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/random.h"

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

Trainer::Outputs Trainer::forward(const Batch& batch) const {
  const PrecisionScope precision(options_.precision, model_.device());
  std::vector<torch::Tensor> features;
  if (batch.images.defined()) features.push_back(model_.forward_image(batch.images, true));
  if (batch.texts.tokens.defined()) features.push_back(model_.forward_text(batch.texts, true));
  DMF_CHECK(!features.empty(), InvalidArgument, "[Trainer] batch: expected images or texts, got neither");
  const torch::Tensor all =
      at::cat(features);  // images and texts are independent samples of their identities
  return {all, model_.classify(model_.neck(all, true))};
}

StepReport Trainer::step(const Batch& given, double learning_rate, int64_t step) {
  const Batch batch = given.to(model_.device());
  at::manual_seed(
      RandomStream(options_.seed, options_.stage + ".dropout", {static_cast<uint64_t>(step)}).bits());
  const Outputs outputs = forward(batch);
  const loss::Losses losses =
      loss::total_loss(outputs.features, outputs.logits, batch.labels, batch.weights, options_.loss);
  losses.total.backward();
  const StepReport report{.loss = losses.total.item<double>(),
                          .identity_loss = losses.identity.item<double>(),
                          .triplet_loss = losses.triplet.item<double>(),
                          .accuracy = share_right(outputs.logits, batch.labels),
                          .gradient_norm = optimizer_->clip_gradients(options_.optimizer.clip_norm)};
  check_finite(report, learning_rate, step);
  optimizer_->step(learning_rate);
  optimizer_->clear_gradients();
  if (average_ != nullptr) average_->update();
  return report;
}

void Trainer::check_finite(const StepReport& report, double learning_rate, int64_t step) const {
  if (std::isfinite(report.loss) && std::isfinite(report.gradient_norm)) return;
  throw Error(Expectation{
      "training", fmt::format("stage {}, step {}, learning rate {:.3g}", options_.stage, step, learning_rate),
      "a finite loss and gradient",
      fmt::format("identity loss {}, triplet loss {}, gradient norm {}", report.identity_loss,
                  report.triplet_loss, report.gradient_norm),
      "lower the learning rate, set optimizer.clip_norm, or run.precision = \"float32\""}
                  .message());
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
