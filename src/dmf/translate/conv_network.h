#pragma once
#include <torch/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dmf/translate/architecture.h"
#include "dmf/translate/depthwise.h"
#include "dmf/weights/name_map.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// Zeros at a layer's border, the same for rows and columns. SAME with stride 2 assumes an even size, which
/// image sizes in multiples of 32 give.
Padding padding_of(const ConvLayer& layer, BorderRule border);

/// Computes one layer: convolution, batch norm, activation. [B, inputs, h, w] → [B, outputs, h / stride, w /
/// stride].
using LayerFunction = std::function<torch::Tensor(const ConvLayer& layer, const torch::Tensor& input)>;

/// Runs a stage's blocks, each layer computed by `layer`.
/// @param input  [B, C, h, w] floating; not changed
/// @return       [B, stage.channels, …], of the type that `layer` gives
torch::Tensor run_stage(const Stage& stage, const torch::Tensor& input, const LayerFunction& layer);

/// Layers for inference: batch norm (with running statistics) folded into weight and bias once, kept in one
/// type.
class FoldedLayers {
 public:
  /// @param stages  only these stages' layers
  /// @param type    of weights and computation
  FoldedLayers(const std::vector<Stage>& stages, const Architecture& net,
               const weights::NamedTensors& tensors, torch::Dtype type);
  /// @param input  [B, C, h, w] of the type given, channels-last for speed
  torch::Tensor operator()(const ConvLayer& layer, const torch::Tensor& input) const;

 private:
  struct Folded {
    torch::Tensor weight, bias;
  };
  std::map<std::string, Folded> layers_;  ///< by the convolution's name
  BorderRule border_;
};

/// A layer for training, or with running statistics but differentiable; runs in the caller's autocast.
/// @param tensors  all of the encoder's; running statistics are updated (momentum 0.1) when `training`
torch::Tensor trained_layer(const ConvLayer& layer, const torch::Tensor& input,
                            const weights::NamedTensors& tensors, const Architecture& net, bool training);

/// The tensors that a layer needs, by name.
void add_expected(const ConvLayer& layer, std::vector<weights::ExpectedTensor>& expected);

/// Calls `visit` with each layer of a stage, shortcuts too.
void for_each_layer(const Stage& stage, const std::function<void(const ConvLayer&)>& visit);

}  // namespace dmf::translate
