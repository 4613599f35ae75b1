#include "dmf/translate/conv_network.h"

namespace dmf::translate {
namespace {

constexpr double kMomentum = 0.1;

torch::Tensor convolve(const ConvLayer& layer, torch::Tensor input, const torch::Tensor& weight,
                       const std::optional<torch::Tensor>& bias, BorderRule border) {
  const Padding zeros = padding_of(layer, border);
  int64_t symmetric = zeros.before;
  if (zeros.before != zeros.behind) {
    input = at::constant_pad_nd(input, {zeros.before, zeros.behind, zeros.before, zeros.behind});
    symmetric = 0;
  }
  return at::conv2d(input, weight, bias, {layer.stride, layer.stride}, {symmetric, symmetric}, {1, 1},
                    layer.is_depthwise ? layer.inputs : 1);
}

/// A 1 x 1 convolution is a matrix product over the pixels of a channels-last map: faster so, backwards above
/// all.
torch::Tensor mix_channels(const torch::Tensor& input, const torch::Tensor& weight) {
  const torch::Tensor pixels = input.permute({0, 2, 3, 1});  // [B, h, w, C]
  return at::linear(pixels, weight.flatten(1)).permute({0, 3, 1, 2});
}

torch::Tensor trained_convolution(const ConvLayer& layer, const torch::Tensor& input,
                                  const torch::Tensor& weight, BorderRule border) {
  if (layer.is_depthwise) return depthwise_conv2d(input, weight, layer.stride, padding_of(layer, border));
  if (layer.kernel == 1 && layer.stride == 1) return mix_channels(input, weight);
  return convolve(layer, input, weight, {}, border);
}

/// In place: what comes in is a fresh result that nothing else needs.
torch::Tensor activate(torch::Tensor value, Activation activation) {
  if (activation == Activation::kRelu) return at::relu_(value);
  if (activation == Activation::kRelu6) return at::hardtanh_(value, 0, 6);
  return value;
}

torch::Tensor run_layers(const std::vector<ConvLayer>& layers, torch::Tensor value,
                         const LayerFunction& layer) {
  for (const ConvLayer& each : layers) value = layer(each, value);
  return value;
}

}  // namespace

Padding padding_of(const ConvLayer& layer, BorderRule border) {
  const int64_t half = layer.kernel / 2;
  if (border == BorderRule::kSymmetric || layer.stride == 1) return {half, half};
  const int64_t total = layer.kernel - layer.stride;
  return {total / 2, total - total / 2};
}

torch::Tensor run_stage(const Stage& stage, const torch::Tensor& input, const LayerFunction& layer) {
  torch::Tensor value = input;
  for (const Block& block : stage.blocks) {
    torch::Tensor result = run_layers(block.layers, value, layer);
    if (block.is_residual) result = result.add_(run_layers(block.shortcut, value, layer));
    value = activate(result, block.after);
    if (block.has_max_pool) value = at::max_pool2d(value, {3, 3}, {2, 2}, {1, 1});
  }
  return value;
}

FoldedLayers::FoldedLayers(const std::vector<Stage>& stages, const Architecture& net,
                           const weights::NamedTensors& tensors, torch::Dtype type)
    : border_(net.border) {
  const torch::NoGradGuard no_gradients;
  const weights::Scope all(tensors);
  const auto fold = [&](const ConvLayer& layer) {
    const weights::Scope norm = all / layer.norm;
    const torch::Tensor scale = norm["weight"] / at::sqrt(norm["running_var"] + net.norm_epsilon);
    const torch::Tensor weight = (all / layer.conv)["weight"] * scale.view({-1, 1, 1, 1});
    const torch::Tensor bias = norm["bias"] - norm["running_mean"] * scale;
    layers_[layer.conv] = {weight.to(type).contiguous(at::MemoryFormat::ChannelsLast), bias.to(type)};
  };
  for (const Stage& stage : stages) for_each_layer(stage, fold);
}

torch::Tensor FoldedLayers::operator()(const ConvLayer& layer, const torch::Tensor& input) const {
  const Folded& folded = layers_.at(layer.conv);
  return activate(convolve(layer, input, folded.weight, folded.bias, border_), layer.activation);
}

torch::Tensor trained_layer(const ConvLayer& layer, const torch::Tensor& input,
                            const weights::NamedTensors& tensors, const Architecture& net, bool training) {
  const weights::Scope all(tensors);
  const torch::Tensor& weight = (all / layer.conv)["weight"];
  const torch::Tensor mixed = trained_convolution(layer, input, weight, net.border);
  const weights::Scope norm = all / layer.norm;
  const torch::Tensor value =
      at::batch_norm(mixed, norm["weight"], norm["bias"], norm["running_mean"], norm["running_var"], training,
                     kMomentum, net.norm_epsilon, at::globalContext().userEnabledCuDNN());
  return activate(value, layer.activation);
}

void add_expected(const ConvLayer& layer, std::vector<weights::ExpectedTensor>& expected) {
  expected.push_back({layer.conv + ".weight",
                      {layer.outputs, layer.is_depthwise ? 1 : layer.inputs, layer.kernel, layer.kernel}});
  for (const char* name : {".weight", ".bias", ".running_mean", ".running_var"}) {
    expected.push_back({layer.norm + name, {layer.outputs}});
  }
}

void for_each_layer(const Stage& stage, const std::function<void(const ConvLayer&)>& visit) {
  for (const Block& block : stage.blocks) {
    for (const ConvLayer& layer : block.layers) visit(layer);
    for (const ConvLayer& layer : block.shortcut) visit(layer);
  }
}

}  // namespace dmf::translate
