#include "dmf/fuse/model.h"

#include <fmt/ranges.h>

#include <set>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/core/shape.h"
#include "dmf/fuse/initialise.h"
#include "dmf/fuse/observe.h"
#include "dmf/fuse/recompute.h"
#include "dmf/fuse/transformer.h"

namespace dmf::fuse {
namespace {

torch::Tensor unit_rows(const torch::Tensor& x) { return x / x.norm(2, {1}, true).clamp_min(1e-12); }

bool is_trained(const std::string& name) {
  return name != "neck.bias" && name.find(".running_") == std::string::npos &&
         !name.starts_with("image.style.");
}

/// Of an encoder's tensors the trained ones alone require gradients.
void mark_trained(weights::NamedTensors& tensors, const std::vector<std::string>& trained) {
  const std::set<std::string> names(trained.begin(), trained.end());
  for (auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point()) tensor.requires_grad_(names.contains(name));
  }
}

/// A tensor that is there already stays the same handle: an optimiser may hold it.
void move(torch::Tensor& tensor, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor moved = tensor.to(device);
  if (!moved.is_same(tensor)) tensor = moved;
}

constexpr double kMomentum = 0.1, kEpsilon = 1e-5;  // of batch norms

/// Batch norm of [rows, width] over its rows; updates the running statistics in training.
torch::Tensor batch_norm(const torch::Tensor& rows, const weights::Scope& tensors, bool training) {
  return at::batch_norm(rows, tensors["weight"], tensors["bias"], tensors["running_mean"],
                        tensors["running_var"], training, kMomentum, kEpsilon, /*cudnn_enabled=*/false);
}

/// Batch norm of [rows, width] by statistics from elsewhere.
torch::Tensor normalised_by(const torch::Tensor& rows, const weights::Scope& tensors,
                            const TokenStatistics& statistics) {
  const torch::Tensor scale = tensors["weight"] * (statistics.variance + kEpsilon).rsqrt();
  return (rows - statistics.mean) * scale + tensors["bias"];
}

/// Channel means and deviations [B, C, 1, 1] of maps [B, C, h, w].
struct Style {
  torch::Tensor mean, deviation;
};

Style style_of(const torch::Tensor& maps) {
  return {maps.mean({2, 3}, true), (maps.var({2, 3}, true, true) + 1e-5).sqrt()};
}

}  // namespace

void check_options(const ModelOptions& options) {
  DMF_CHECK(options.width % options.heads == 0, InvalidArgument,
            "[model] width: expected a multiple of heads = {}, got {}", options.heads, options.width);
}

DmfModel::DmfModel(const ModelOptions& options, std::shared_ptr<translate::ImageEncoder> image_encoder,
                   TextBranch text, int64_t identities, uint64_t seed)
    : options_(options),
      image_encoder_(std::move(image_encoder)),
      text_(std::move(text)),
      identities_(identities) {
  DMF_CHECK(image_encoder_ != nullptr, InvalidArgument, "[DmfModel] image_encoder: expected one, got null");
  DMF_CHECK(identities >= 1, InvalidArgument, "[DmfModel] identities: expected at least 1, got {}",
            identities);
  check_options(options_);
  own_ = initial_tensors(options_,
                         {.stored_channels = image_encoder_->stored_sizes().at(0),
                          .image_tokens = image_encoder_->token_count(),
                          .image_width = image_encoder_->token_width(),
                          .text_width = text_.width,
                          .identities = identities_},
                         seed);
  mark_parameters();
}

void DmfModel::mark_parameters() {
  for (auto& [name, tensor] : own_) tensor.requires_grad_(is_trained(name));
  mark_trained(image_encoder_->tensors(), image_encoder_->trained_names());
  if (text_.encoder != nullptr) mark_trained(text_.encoder->tensors(), text_.encoder->trained_names());
}

torch::Tensor DmfModel::blend_style(const torch::Tensor& stored) const {
  if (options_.style_blend == 0) return stored;
  return translate::change_cells(stored, image_encoder_->extra_rows(), [this](const torch::Tensor& cells) {
    const double share = options_.style_blend;
    const torch::Tensor x = cells.to(torch::kFloat32);
    const Style own = style_of(x);
    const torch::Tensor mean = at::lerp(own.mean, own_.at("image.style.mean").view({1, -1, 1, 1}), share);
    const torch::Tensor deviation =
        at::lerp(own.deviation, own_.at("image.style.deviation").view({1, -1, 1, 1}), share);
    return ((x - own.mean) * (deviation / own.deviation) + mean).to(cells.scalar_type());
  });
}

void DmfModel::set_average_style(const torch::Tensor& stored) {
  const torch::NoGradGuard no_grad;
  DMF_CHECK(options_.style_blend > 0, InvalidArgument, "[set_average_style] the model has no style_blend");
  const torch::Tensor cells = stored.narrow(2, 0, stored.size(2) - image_encoder_->extra_rows());
  const Style style = style_of(cells.to(device(), torch::kFloat32));
  own_.at("image.style.mean").copy_(style.mean.mean(0).flatten());
  own_.at("image.style.deviation").copy_(style.deviation.mean(0).flatten());
}

bool DmfModel::needs_average_style() const {
  return options_.style_blend > 0 && own_.at("image.style.deviation").sum().item<double>() == 0;
}

torch::Tensor DmfModel::project(const std::string& modality, const torch::Tensor& tokens, bool training,
                                const TokenStatistics* statistics) const {
  const weights::Scope scope(own_, modality + ".");
  torch::Tensor x = tokens.to(torch::kFloat32);
  if (scope.has("token_norm.running_mean")) {
    const weights::Scope norm = scope / "token_norm";
    const torch::Tensor rows = x.flatten(0, 1);  // over all tokens of the batch
    x = (statistics == nullptr ? batch_norm(rows, norm, training) : normalised_by(rows, norm, *statistics))
            .view_as(x);  // [B, N, D_i]
  } else if (scope.has("token_norm.weight")) {
    x = layer_norm(x, scope, "token_norm");
  }
  const torch::Tensor projected = at::linear(x, scope["projection.weight"], scope["projection.bias"]);
  observe(scope, "projection", projected);
  return projected;
}

bool DmfModel::normalises_tokens_by_batch() const { return own_.contains("image.token_norm.running_mean"); }

void DmfModel::follow_token_statistics(const TokenStatistics& statistics, int64_t count) {
  const torch::NoGradGuard no_grad;
  const double unbiased = static_cast<double>(count) / static_cast<double>(std::max<int64_t>(count - 1, 1));
  own_.at("image.token_norm.running_mean").lerp_(statistics.mean.detach(), kMomentum);
  own_.at("image.token_norm.running_var").lerp_(statistics.variance.detach() * unbiased, kMomentum);
}

torch::Tensor DmfModel::class_token(const std::string& modality, const torch::Tensor& projected,
                                    const torch::Tensor& mask) const {
  const torch::Tensor learned =
      own_.at(modality + ".class_token").expand({projected.size(0), 1, options_.width});
  if (options_.class_token == "learned") return learned;
  if (!mask.defined()) return learned + projected.mean(1, true, torch::kFloat32);
  const torch::Tensor words = mask.unsqueeze(2).to(torch::kFloat32);  // [B, T, 1]
  return learned + (projected * words).sum(1, true) / words.sum(1, true).clamp_min(1.0);
}

torch::Tensor DmfModel::transform(const std::string& modality, const torch::Tensor& projected,
                                  const torch::Tensor& mask, bool training) const {
  const torch::Tensor tokens = projected.to(torch::kFloat32);
  torch::Tensor x = at::cat({class_token(modality, projected, mask), tokens}, 1);
  x = x + own_.at(modality + ".position").narrow(0, 0, x.size(1));  // [B, S, D]
  torch::Tensor allowed;
  if (mask.defined()) {
    allowed = at::cat({at::ones({mask.size(0), 1}, mask.options()), mask}, 1).unsqueeze(1).unsqueeze(1);
  }
  const int64_t last = options_.depth - 1;
  for (int64_t i = 0; i <= last; ++i) {
    const double share = last == 0 ? 1.0 : static_cast<double>(i) / static_cast<double>(last);
    const int64_t outputs = i == last ? 1 : x.size(1);  // only the class token is read behind the last block
    const auto block = [this, i, allowed, outputs, share, training](const torch::Tensor& sequence) {
      return transformer_block(weights::Scope(own_, fmt::format("transformer.{}.", i)), sequence, allowed,
                               options_, outputs, options_.drop_path * share, training);
    };
    x = options_.recompute ? recomputed(block, x) : block(x);
  }
  if (options_.final_norm == "layer") x = layer_norm(x, weights::Scope(own_, "transformer."), "norm");
  const torch::Tensor feature = x.select(1, 0).to(torch::kFloat32);
  observe(weights::Scope(own_, modality + "."), "feature", feature);
  return feature;
}

torch::Tensor DmfModel::forward_image(const torch::Tensor& stored, bool training) const {
  return forward_tokens(image_tokens(stored, training), training);
}

torch::Tensor DmfModel::image_tokens(const torch::Tensor& stored, bool training) const {
  const std::vector<int64_t> sizes = image_encoder_->stored_sizes();
  check_shape(stored, {kAnySize, sizes.at(0), sizes.at(1), sizes.at(2)}, "forward_image", "stored");
  const torch::Tensor tokens = image_encoder_->trained(blend_style(stored), training);  // [B, N, D_i]
  observe("image.encoder", tokens);
  return tokens;
}

torch::Tensor DmfModel::forward_tokens(const torch::Tensor& tokens, bool training,
                                       const TokenStatistics* statistics) const {
  return transform("image", project("image", tokens, training, statistics), {}, training);
}

torch::Tensor DmfModel::forward_text(const translate::TextTokens& stored, bool training) const {
  DMF_CHECK(has_text(), InvalidArgument,
            "[forward_text] the model has no text branch: it was made without texts");
  const translate::TextTokens texts = text_.encoder == nullptr ? stored : text_.encoder->trained(stored);
  observe("text.encoder", texts.tokens);
  check_shape(texts.tokens, {kAnySize, kAnySize, text_.width}, "forward_text", "tokens");
  check_shape(texts.mask, {texts.tokens.size(0), texts.tokens.size(1)}, "forward_text", "mask");
  check_type(texts.mask, torch::kBool, "forward_text", "mask");
  const int64_t T = std::min(texts.tokens.size(1), options_.max_text_length);
  return transform("text", project("text", texts.tokens.narrow(1, 0, T), training),
                   texts.mask.narrow(1, 0, T), training);
}

torch::Tensor DmfModel::neck(const torch::Tensor& features, bool training) const {
  check_shape(features, {kAnySize, options_.width}, "neck", "features");
  DMF_CHECK(!training || features.size(0) >= 2, InvalidArgument,
            "[neck] features: batch statistics need at least 2 samples, got {}", features.size(0));
  const torch::Tensor normalised = batch_norm(features, weights::Scope(own_, "neck."), training);
  observe("neck", normalised);
  return normalised;
}

torch::Tensor DmfModel::classify(const torch::Tensor& normalised) const {
  // The logits decide the loss: their sums keep float32 even where the model runs in bfloat16.
  const PrecisionScope full(torch::kFloat32, normalised.device());
  const torch::Tensor logits = at::linear(normalised, own_.at("classifier.weight"));
  observe("classifier", logits);
  return logits;
}

torch::Tensor DmfModel::embedding(const torch::Tensor& features) const {
  return unit_rows(options_.feature == "after" ? neck(features, false) : features);
}

torch::Tensor DmfModel::embed_images(const torch::Tensor& pixels) const {
  const torch::NoGradGuard no_grad;
  const torch::Tensor stored = image_encoder_->frozen(image_encoder_->normalise(pixels.to(device())));
  return embedding(forward_image(stored, false));
}

torch::Tensor DmfModel::embed_texts(const translate::TextTokens& stored) const {
  const torch::NoGradGuard no_grad;
  return embedding(forward_text({stored.tokens.to(device()), stored.mask.to(device())}, false));
}

void DmfModel::reset_head(int64_t identities, uint64_t seed) {
  DMF_CHECK(identities >= 1, InvalidArgument, "[reset_head] identities: expected at least 1, got {}",
            identities);
  const torch::Device where = device();
  identities_ = identities;
  for (auto& [name, tensor] : initial_head(options_, identities, seed)) own_[name] = tensor.to(where);
  mark_parameters();
}

weights::NamedTensors DmfModel::tensors() const {
  weights::NamedTensors all = own_;
  for (const auto& [name, tensor] : image_encoder_->tensors()) all[kImageEncoderPrefix + name] = tensor;
  if (text_.encoder == nullptr) return all;
  for (const std::string& name : text_.encoder->trained_names())
    all[kTextEncoderPrefix + name] = text_.encoder->tensors().at(name);
  return all;
}

weights::NamedTensors DmfModel::parameters() const {
  weights::NamedTensors trained;
  for (const auto& [name, tensor] : tensors()) {
    if (tensor.requires_grad()) trained[name] = tensor;
  }
  return trained;
}

void DmfModel::assign(const weights::NamedTensors& values) {
  const weights::NamedTensors mine = tensors();
  std::vector<std::string> problems;
  for (const auto& [name, tensor] : mine) {
    const auto found = values.find(name);
    if (found == values.end()) {
      problems.push_back(fmt::format("`{}` is missing", name));
    } else if (found->second.sizes() != tensor.sizes()) {
      problems.push_back(fmt::format("`{}`: expected {}, got {}", name, shape_text(tensor.sizes()),
                                     shape_text(found->second.sizes())));
    }
  }
  for (const auto& [name, tensor] : values) {
    if (!mine.contains(name)) problems.push_back(fmt::format("`{}` is unknown", name));
  }
  DMF_CHECK(problems.empty(), InvalidArgument, "[DmfModel::assign] {} tensors do not fit: {}",
            problems.size(), fmt::join(problems, "; "));
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : mine) tensor.detach().copy_(values.at(name));
}

void DmfModel::to(const torch::Device& device) {
  for (auto& [name, tensor] : own_) move(tensor, device);
  for (auto& [name, tensor] : image_encoder_->tensors()) move(tensor, device);
  if (text_.encoder != nullptr) {  // what is frozen stays where texts are read
    for (const std::string& name : text_.encoder->trained_names())
      move(text_.encoder->tensors().at(name), device);
  }
  mark_parameters();
}

torch::Device DmfModel::device() const { return own_.at("image.class_token").device(); }

}  // namespace dmf::fuse
