#include "dmf/train/divergence.h"

#include <fmt/ranges.h>

#include <optional>

#include "dmf/fuse/observe.h"

namespace dmf::train {
namespace {

bool is_finite(const torch::Tensor& values) {
  return !values.is_floating_point() || at::isfinite(values).all().item<bool>();
}

/// Rows of `values` that hold a number which is not finite.
std::vector<int64_t> bad_rows(const torch::Tensor& values) {
  const torch::Tensor bad = at::isfinite(values).logical_not().flatten(1).any(1).nonzero().flatten().cpu();
  return {bad.data_ptr<int64_t>(), bad.data_ptr<int64_t>() + bad.numel()};
}

/// Rows of a modality's tensor as places in the batch: images come first.
std::vector<int64_t> shifted(std::vector<int64_t> rows, int64_t by) {
  for (int64_t& row : rows) row += by;
  return rows;
}

std::optional<Divergence> in_batch(const Batch& batch) {
  if (batch.images.defined() && !is_finite(batch.images))
    return Divergence{"the images", bad_rows(batch.images)};
  const torch::Tensor& tokens = batch.texts.tokens;
  if (!tokens.defined() || is_finite(tokens)) return std::nullopt;
  return Divergence{"the texts",
                    shifted(bad_rows(tokens), batch.images.defined() ? batch.images.size(0) : 0)};
}

std::optional<Divergence> in_parameters(const fuse::DmfModel& model) {
  for (const auto& [name, tensor] : model.tensors()) {
    // Running statistics have followed the batch that is looked into.
    if (name.find("running_") == std::string::npos && !is_finite(tensor))
      return Divergence{fmt::format("the parameter {}, before the step", name), {}};
  }
  return std::nullopt;
}

std::optional<Divergence> in_forward(const Batch& batch, const std::function<loss::Losses()>& forward) {
  const torch::NoGradGuard no_grad;
  const int64_t images = batch.images.defined() ? batch.images.size(0) : 0;
  std::optional<Divergence> first;
  bool reads_text = false;  // the transformer's parts read both modalities
  const auto look = [&](const std::string& part, const torch::Tensor& output) {
    if (part.starts_with("image.")) reads_text = false;
    if (part.starts_with("text.")) reads_text = true;
    if (first.has_value() || is_finite(output)) return;
    const bool reads_all = part == "neck" || part == "classifier";
    const char* of = reads_all ? "" : reads_text ? " (texts)" : " (images)";
    first = {fmt::format("the output of {}{}", part, of),
             shifted(bad_rows(output), reads_text && !reads_all ? images : 0)};
  };
  const fuse::ObserverScope scope(look);
  const loss::Losses losses = forward();
  if (first.has_value()) return first;
  if (!is_finite(losses.identity)) return Divergence{"the identity loss", {}};
  if (!is_finite(losses.triplet)) return Divergence{"the triplet loss", {}};
  return std::nullopt;
}

Divergence in_backward(const fuse::DmfModel& model, const std::function<void()>& gradient) {
  std::string first;
  const auto look = [&](const std::string& part, const torch::Tensor& output) {
    if (!output.requires_grad()) return;
    output.register_hook([&first, part](const torch::Tensor& of_output) {
      if (first.empty() && !is_finite(of_output)) first = part;
    });
  };
  {
    const fuse::ObserverScope scope(look);
    gradient();
  }
  std::vector<std::string> parameters;
  for (const auto& [name, tensor] : model.parameters()) {
    if (tensor.grad().defined() && !is_finite(tensor.grad())) parameters.push_back(name);
  }
  const size_t all = parameters.size();
  if (all > 3) parameters.resize(3);
  const std::string list = fmt::format("the gradients of {} parameters: {}{}", all,
                                       fmt::join(parameters, ", "), all > 3 ? " …" : "");
  if (first.empty()) return {all > 0 ? list : "the gradients' length: each of them is finite", {}};
  return {fmt::format("the gradient of the output of {}, and so {}", first, list), {}};
}

}  // namespace

Divergence find_divergence(const fuse::DmfModel& model, const Batch& batch,
                           const std::function<loss::Losses()>& forward,
                           const std::function<void()>& gradient) {
  if (auto found = in_batch(batch)) return *found;
  if (auto found = in_parameters(model)) return *found;
  if (auto found = in_forward(batch, forward)) return *found;
  return in_backward(model, gradient);
}

}  // namespace dmf::train
