#include "dmf/train/micro_batches.h"

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/random.h"

namespace dmf::train {
namespace {

constexpr uint64_t kImage = 0, kText = 1;

}  // namespace

MicroBatches::MicroBatches(fuse::DmfModel& model, const Batch& batch, int64_t parts, torch::Dtype precision,
                           uint64_t seed, const Ranks* ranks)
    : model_(model), precision_(precision), seed_(seed), ranks_(ranks), keeps_(parts == 1) {
  DMF_CHECK(
      model.image_encoder()->options().batch_norm == "running", InvalidArgument,
      "batch.parts = {}: the image encoder's batch norms take each batch's own statistics, which parts of a "
      "batch do not have; hint: image.batch_norm = \"running\"",
      parts);
  if (batch.images.defined()) images_ = batch.images.chunk(parts);
  if (batch.texts.tokens.defined()) {
    const std::vector<torch::Tensor> tokens = batch.texts.tokens.chunk(parts),
                                     mask = batch.texts.mask.chunk(parts);
    for (size_t i = 0; i < tokens.size(); ++i) texts_.push_back({tokens[i], mask[i]});
  }
  encode_images();
  if (model_.normalises_tokens_by_batch()) measure_statistics();
  const at::AutoGradMode gradients(keeps_);
  std::vector<torch::Tensor> features;
  for (size_t i = 0; i < images_.size(); ++i) features.push_back(transform_images(i));
  for (size_t i = 0; i < texts_.size(); ++i) features.push_back(read_texts(i));
  features_ = at::cat(features).detach().requires_grad_(true);
  if (keeps_) kept_features_ = std::move(features);
}

/// Up to the tokens, which are kept: beside what a backward pass needs they are small.
void MicroBatches::encode_images() {
  if (images_.empty()) return;
  {
    const at::AutoGradMode gradients(keeps_);
    const PrecisionScope precision(precision_, model_.device());
    for (const torch::Tensor& images : images_) {
      const torch::Tensor tokens = model_.image_tokens(images, true);
      tokens_.push_back(tokens.detach().to(torch::kFloat32));
      if (keeps_) kept_tokens_.push_back(tokens);
    }
  }
  const bool is_trained = !model_.image_encoder()->trained_names().empty();
  for (torch::Tensor& tokens : tokens_) tokens.requires_grad_(is_trained);
}

void MicroBatches::sum_over_ranks(torch::Tensor& values) const {
  if (ranks_ == nullptr) return;
  torch::Tensor on_cpu = values.cpu();
  ranks_->sum(on_cpu);
  values = on_cpu.to(values.device());
}

/// Mean and biased variance over all tokens of all parts and ranks.
void MicroBatches::measure_statistics() {
  const torch::NoGradGuard no_grad;
  const int64_t width = model_.image_encoder()->token_width();
  // In float64: two sums of float32 would lose their digits.
  torch::Tensor sums = at::zeros({2 * width + 1}, at::TensorOptions(torch::kFloat64).device(model_.device()));
  for (const torch::Tensor& part : tokens_) {
    const torch::Tensor rows = part.flatten(0, 1).to(torch::kFloat64);
    sums.narrow(0, 0, width) += rows.sum(0);
    sums.narrow(0, width, width) += rows.square().sum(0);
    sums[2 * width] += rows.size(0);
  }
  sum_over_ranks(sums);
  token_rows_ = sums[2 * width].item<int64_t>();
  if (token_rows_ == 0) return;
  const torch::Tensor mean = sums.narrow(0, 0, width) / static_cast<double>(token_rows_);
  const torch::Tensor square = sums.narrow(0, width, width) / static_cast<double>(token_rows_);
  statistics_ = {mean.to(torch::kFloat32).requires_grad_(true),
                 (square - mean.square()).clamp_min(0).to(torch::kFloat32).requires_grad_(true)};
  model_.follow_token_statistics(statistics_, token_rows_);
}

void MicroBatches::seed_draws(size_t part, uint64_t modality) const {
  const auto rank = static_cast<uint64_t>(ranks_ == nullptr ? 0 : ranks_->rank());
  at::manual_seed(RandomStream(seed_, "micro-batch", {rank, static_cast<uint64_t>(part), modality}).bits());
}

torch::Tensor MicroBatches::transform_images(size_t part) const {
  // A scope of its own: casts of weights that were made without gradients must not be used with them.
  const PrecisionScope precision(precision_, model_.device());
  seed_draws(part, kImage);
  return model_.forward_tokens(tokens_[part], true, statistics_.mean.defined() ? &statistics_ : nullptr);
}

torch::Tensor MicroBatches::read_texts(size_t part) const {
  const PrecisionScope precision(precision_, model_.device());
  seed_draws(part, kText);
  return model_.forward_text(texts_[part], true);
}

void MicroBatches::backward(const torch::Tensor& gradient) {
  int64_t images = 0, texts = 0;
  for (const torch::Tensor& part : images_) images += part.size(0);
  backward_images(gradient.narrow(0, 0, images));
  for (size_t i = 0; i < texts_.size(); ++i) {
    const int64_t count = texts_[i].tokens.size(0);
    (keeps_ ? kept_features_[images_.size() + i] : read_texts(i))
        .backward(gradient.narrow(0, images + texts, count));
    texts += count;
  }
}

void MicroBatches::backward_images(const torch::Tensor& gradient) {
  int64_t done = 0;
  for (size_t i = 0; i < images_.size(); ++i) {
    const int64_t count = images_[i].size(0);
    (keeps_ ? kept_features_[i] : transform_images(i)).backward(gradient.narrow(0, done, count));
    done += count;
  }
  if (model_.image_encoder()->trained_names().empty()) return;
  torch::Tensor of_mean, of_variance;  // what the tokens change through the statistics, of a token
  if (statistics_.mean.defined()) {
    const auto collected = [&](const torch::Tensor& leaf) {
      torch::Tensor all = leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf.detach());
      sum_over_ranks(all);
      return all / static_cast<double>(token_rows_);
    };
    of_mean = collected(statistics_.mean);
    of_variance = collected(statistics_.variance);
  }
  for (size_t i = 0; i < images_.size(); ++i) {
    torch::Tensor of_tokens = tokens_[i].grad();
    if (of_mean.defined())
      of_tokens = of_tokens + of_mean + 2 * (tokens_[i].detach() - statistics_.mean.detach()) * of_variance;
    const PrecisionScope precision(precision_, model_.device());
    const torch::Tensor tokens = keeps_ ? kept_tokens_[i] : model_.image_tokens(images_[i], true);
    tokens.backward(of_tokens.to(tokens.scalar_type()));
  }
}

}  // namespace dmf::train
