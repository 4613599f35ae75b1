#include "dmf/train/optimizer.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/fuse/model.h"
#include "dmf/train/layer_rate.h"

namespace dmf::train {
namespace {

constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// What weight decay leaves alone: biases, norms and scales (vectors), and the tokens and position tables
/// that are added to what the weights make. timm's vision transformers leave out the same; a text encoder's
/// word and position embeddings are decayed, as BERT's are.
bool is_not_decayed(const std::string& name, const torch::Tensor& value) {
  static const std::array<std::string_view, 9> kEnds{".class_token",
                                                     ".position",
                                                     "cls_token",
                                                     "distillation_token",
                                                     "dist_token",
                                                     "register_tokens",
                                                     "pos_embed",
                                                     ".position_embeddings",
                                                     "relative_position_bias_table"};
  return value.dim() <= 1 ||
         std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) { return name.ends_with(end); });
}

/// Learning rate of each parameter in learning rates: the encoders have theirs, and within each network it
/// falls from layer to layer.
std::map<std::string, double> rates_of(const weights::NamedTensors& parameters,
                                       const OptimizerOptions& options) {
  std::map<std::string, double> rates;
  const auto add = [&](const std::string& prefix, double rate, double decay) {
    std::vector<std::string> names;  // below the prefix
    for (const auto& [name, value] : parameters) {
      if (name.starts_with(prefix) && !rates.contains(name)) names.push_back(name.substr(prefix.size()));
    }
    for (const auto& [name, factor] : layer_rates(names, decay)) rates[prefix + name] = rate * factor;
  };
  add(fuse::kImageEncoderPrefix, options.encoder_rate, options.encoder_layer_decay);
  add(fuse::kTextEncoderPrefix, options.encoder_rate, options.encoder_layer_decay);
  for (const auto& [name, value] : parameters) {  // translations and head are new: they learn at full rate
    if (!name.starts_with("transformer.")) rates.try_emplace(name, 1.0);
  }
  add("", 1.0, options.layer_decay);
  return rates;
}

void copy_state(const weights::NamedTensors& to, const weights::NamedTensors& from) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : to) {
    const auto found = from.find(name);
    DMF_CHECK(found != from.end(), InvalidArgument, "[optimizer] state: `{}` is missing", name);
    DMF_CHECK(found->second.sizes() == tensor.sizes(), InvalidArgument,
              "[optimizer] state `{}`: expected {}, got {}", name, shape_text(tensor.sizes()),
              shape_text(found->second.sizes()));
    tensor.detach().copy_(found->second);
  }
}

/// The gradient with the strides of its parameter: the fused kernels walk both in memory order.
torch::Tensor aligned_gradient(const torch::Tensor& parameter) {
  const torch::Tensor gradient = parameter.grad();
  if (gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).copy_(gradient);
}

/// libtorch's fused steps do not tell that they wrote to a tensor: what was made of its values would not be
/// made anew (kernels/packed_weights.h).
void tell_changed(const std::vector<torch::Tensor>& values) {
  for (const torch::Tensor& value : values) value.unsafeGetTensorImpl()->bump_version();
}

class Sgd : public Optimizer {
 public:
  Sgd(const weights::NamedTensors& parameters, const OptimizerOptions& options)
      : Optimizer(parameters, options) {
    for (const Parameter& parameter : parameters_)
      velocity_.push_back(at::zeros_like(parameter.value.detach()));
  }

  void step(double learning_rate) override {
    const torch::NoGradGuard no_grad;
    for (const std::vector<size_t>& group : groups_with_gradient()) {
      std::vector<torch::Tensor> values, gradients, velocities;
      for (const size_t i : group) {
        values.push_back(parameters_[i].value);
        gradients.push_back(aligned_gradient(parameters_[i].value));
        if (options_.momentum > 0) velocities.push_back(velocity_[i]);
      }
      const Parameter& first = parameters_[group.front()];
      at::_fused_sgd_(values, gradients, velocities, first.decay, options_.momentum,
                      learning_rate * first.rate,
                      /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
      tell_changed(values);
    }
  }

  weights::NamedTensors state() const override {
    weights::NamedTensors named;
    for (size_t i = 0; i < parameters_.size(); ++i) named["velocity." + parameters_[i].name] = velocity_[i];
    return named;
  }

 private:
  std::vector<torch::Tensor> velocity_;
};

class AdamW : public Optimizer {
 public:
  AdamW(const weights::NamedTensors& parameters, const OptimizerOptions& options)
      : Optimizer(parameters, options) {
    for (const Parameter& parameter : parameters_) {
      mean_.push_back(at::zeros_like(parameter.value.detach()));
      square_.push_back(at::zeros_like(parameter.value.detach()));
      updates_.push_back(at::zeros({}, parameter.value.options().requires_grad(false)));
    }
  }

  void step(double learning_rate) override {
    const torch::NoGradGuard no_grad;
    for (const std::vector<size_t>& group : groups_with_gradient()) {
      std::vector<torch::Tensor> values, gradients, means, squares, updates;
      for (const size_t i : group) {
        values.push_back(parameters_[i].value);
        gradients.push_back(aligned_gradient(parameters_[i].value));
        means.push_back(mean_[i]);
        squares.push_back(square_[i]);
        updates.push_back(updates_[i].add_(1));
      }
      const Parameter& first = parameters_[group.front()];
      at::_fused_adamw_(values, gradients, means, squares, /*max_exp_avg_sqs=*/{}, updates,
                        learning_rate * first.rate, options_.momentum, kBeta2, first.decay, kEpsilon,
                        /*amsgrad=*/false, /*maximize=*/false);
      tell_changed(values);
    }
  }

  weights::NamedTensors state() const override {
    weights::NamedTensors named;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      named["mean." + parameters_[i].name] = mean_[i];
      named["square." + parameters_[i].name] = square_[i];
      named["updates." + parameters_[i].name] = updates_[i];
    }
    return named;
  }

 private:
  std::vector<torch::Tensor> mean_, square_, updates_;
};

}  // namespace

Optimizer::Optimizer(const weights::NamedTensors& parameters, const OptimizerOptions& options)
    : options_(options) {
  const std::map<std::string, double> rates = rates_of(parameters, options);
  for (const auto& [name, value] : parameters) {
    const bool decays = options.decay_vectors || !is_not_decayed(name, value);
    parameters_.push_back({name, value, rates.at(name), decays ? options.weight_decay : 0.0});
  }
}

std::vector<std::vector<size_t>> Optimizer::groups_with_gradient() const {
  std::map<std::pair<double, double>, std::vector<size_t>> groups;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (parameter.value.grad().defined()) groups[{parameter.rate, parameter.decay}].push_back(i);
  }
  std::vector<std::vector<size_t>> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

double Optimizer::clip_gradients(double longest) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const Parameter& parameter : parameters_) {
    if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
  }
  if (gradients.empty()) return 0;
  const double length = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (longest > 0 && length > longest) at::_foreach_mul_(gradients, longest / length);
  return length;
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_) parameter.value.mutable_grad().reset();
}

void Optimizer::load_state(const weights::NamedTensors& saved) { copy_state(state(), saved); }

std::unique_ptr<Optimizer> make_optimizer(const weights::NamedTensors& parameters,
                                          const OptimizerOptions& options) {
  if (options.name == "sgd") return std::make_unique<Sgd>(parameters, options);
  if (options.name == "adamw") return std::make_unique<AdamW>(parameters, options);
  throw InvalidArgument(Expectation{"make_optimizer", "name", "sgd or adamw", options.name, ""}.message());
}

MovingAverage::MovingAverage(weights::NamedTensors tensors, double decay)
    : tensors_(std::move(tensors)), updates_(at::zeros({}, torch::kFloat64)), decay_(decay) {
  for (const auto& [name, tensor] : tensors_) averages_[name] = tensor.detach().clone();
}

void MovingAverage::update() {
  const torch::NoGradGuard no_grad;
  const double n = updates_.item<double>();
  const double decay = std::min(decay_, (1.0 + n) / (10.0 + n));
  std::vector<torch::Tensor> averages, values;
  for (const auto& [name, tensor] : tensors_) {
    averages.push_back(averages_.at(name));
    values.push_back(tensor.detach());
  }
  at::_foreach_lerp_(averages, values, 1.0 - decay);
  updates_ += 1;
}

void MovingAverage::swap() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : tensors_) {
    const torch::Tensor value = tensor.detach().clone();
    tensor.detach().copy_(averages_.at(name));
    averages_.at(name).copy_(value);
  }
}

weights::NamedTensors MovingAverage::state() const {
  weights::NamedTensors named;
  for (const auto& [name, tensor] : averages_) named["average." + name] = tensor;
  named["average_updates"] = updates_;
  return named;
}

void MovingAverage::load_state(const weights::NamedTensors& saved) { copy_state(state(), saved); }

}  // namespace dmf::train
