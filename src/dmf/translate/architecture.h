#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace dmf::translate {

enum class Activation { kNone, kRelu, kRelu6 };

/// Where the zeros of a convolution's border go: the same on both sides, or as TensorFlow's SAME has it (with
/// stride 2 and an even size one less in front).
enum class BorderRule { kSymmetric, kSame };

/// A convolution without bias, its batch norm and its activation: all that these networks learn is in such
/// layers.
struct ConvLayer {
  std::string conv;  ///< name of the convolution in the checkpoint; its tensor is conv + ".weight"
  std::string norm;  ///< name of the batch norm: weight, bias, running_mean, running_var
  int64_t inputs = 0, outputs = 0;
  int64_t kernel = 1, stride = 1;
  bool is_depthwise = false;  ///< each channel on its own: inputs = outputs
  Activation activation = Activation::kNone;
};

/// Layers one after another, with what stands beside them.
struct Block {
  std::vector<ConvLayer> layers;
  std::vector<ConvLayer>
      shortcut;              ///< of the residual sum, where the shape changes; none = the block's input
  bool is_residual = false;  ///< output = activation(layers(x) + shortcut(x))
  Activation after = Activation::kNone;  ///< of the sum
  bool has_max_pool = false;             ///< 3 x 3, stride 2, padding 1 behind the layers
};

/// Blocks between two possible freeze points.
struct Stage {
  std::string name;
  int64_t stride = 0;    ///< of its output, in pixels
  int64_t channels = 0;  ///< of its output
  std::vector<Block> blocks;
};

/// A convolutional encoder as data; conv_network.h runs it.
struct Architecture {
  std::string name;
  std::vector<Stage> stages;
  size_t stage16 = 0;  ///< the last stage of stride 16
  double norm_epsilon = 1e-5;
  BorderRule border = BorderRule::kSymmetric;
  /// Input is (pixel / 255 - mean) / deviation, channel by channel (red, green, blue).
  std::array<double, 3> mean{}, deviation{};
  std::vector<std::string> unused;  ///< names in checkpoints that are not part of the encoder ("fc.*")

  /// Number of a stage. @throws InvalidArgument  there is none of this name; the message lists them
  size_t stage_index(const std::string& stage) const;
};

/// EfficientNet-Lite (Tan and Le 2019, arXiv:1905.11946; "Lite": no squeeze-and-excitation, ReLU6, stem and
/// head of fixed width): names of the package efficientnet_lite_pytorch, whose weights come from TensorFlow,
/// hence its SAME padding and its input normalisation (pixel - 127) / 128.
/// @param variant  0 (width 1.0, depth 1.0) or 2 (1.1, 1.2)
/// @param head     with the 1 x 1 convolution to 1280 channels as the last stage
Architecture efficientnet_lite(int variant, bool head);

/// ResNet-50 (He et al. 2016, arXiv:1512.03385), torchvision's names and ImageNet normalisation.
/// @param stride_on_1x1  where a stage's first block has its stride: on its first convolution (the paper's)
///                       or on its 3 x 3 (torchvision's "v1.5")
Architecture resnet50(bool stride_on_1x1);

}  // namespace dmf::translate
