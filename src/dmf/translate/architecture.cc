#include "dmf/translate/architecture.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "dmf/core/error.h"

namespace dmf::translate {
namespace {

/// One row of EfficientNet's table: `repeats` blocks of which the first has the stride.
struct MobileStage {
  int64_t expansion, kernel, stride, channels, repeats;
};
constexpr MobileStage kMobileStages[] = {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},
                                         {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4},
                                         {6, 3, 1, 320, 1}};

/// Channels after widening: to the nearest multiple of 8, but not more than a tenth below.
int64_t widened(int64_t channels, double width) {
  const double wanted = static_cast<double>(channels) * width;
  const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(wanted + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * wanted ? rounded + 8 : rounded;
}

Block mobile_block(const std::string& name, int64_t inputs, int64_t outputs, const MobileStage& stage,
                   int64_t stride) {
  const int64_t wide = inputs * stage.expansion;
  Block block;
  if (stage.expansion != 1) {
    block.layers.push_back(
        {name + "._expand_conv", name + "._bn0", inputs, wide, 1, 1, false, Activation::kRelu6});
  }
  block.layers.push_back({name + "._depthwise_conv", name + "._bn1", wide, wide, stage.kernel, stride, true,
                          Activation::kRelu6});
  block.layers.push_back(
      {name + "._project_conv", name + "._bn2", wide, outputs, 1, 1, false, Activation::kNone});
  block.is_residual = stride == 1 && inputs == outputs;
  return block;
}

Block bottleneck(const std::string& name, int64_t inputs, int64_t width, int64_t stride, bool stride_on_1x1) {
  const int64_t outputs = 4 * width;
  const int64_t first = stride_on_1x1 ? stride : 1;
  Block block;
  block.layers = {{name + ".conv1", name + ".bn1", inputs, width, 1, first, false, Activation::kRelu},
                  {name + ".conv2", name + ".bn2", width, width, 3, stride / first, false, Activation::kRelu},
                  {name + ".conv3", name + ".bn3", width, outputs, 1, 1, false, Activation::kNone}};
  if (inputs != outputs) {
    block.shortcut = {{name + ".downsample.0", name + ".downsample.1", inputs, outputs, 1, stride, false,
                       Activation::kNone}};
  }
  block.is_residual = true;
  block.after = Activation::kRelu;
  return block;
}

Block single(ConvLayer layer) {
  Block block;
  block.layers = {std::move(layer)};
  return block;
}

}  // namespace

size_t Architecture::stage_index(const std::string& stage) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < stages.size(); ++i) {
    if (stages[i].name == stage) return i;
    names.push_back(stages[i].name);
  }
  throw InvalidArgument(Expectation{name, "no such stage",
                                    fmt::format("all, none, {}", fmt::join(names, ", ")), stage,
                                    "set image.freeze to one of them"}
                            .message());
}

Architecture efficientnet_lite(int variant, bool head) {
  DMF_CHECK(variant == 0 || variant == 2, InvalidArgument,
            "[efficientnet_lite] variant must be 0 or 2, got {}", variant);
  const double width = variant == 0 ? 1.0 : 1.1, depth = variant == 0 ? 1.0 : 1.2;
  Architecture net;
  net.name = fmt::format("efficientnet-lite{}", variant);
  net.norm_epsilon = 1e-3;
  net.border = BorderRule::kSame;
  net.mean.fill(127.0 / 255.0);
  net.deviation.fill(128.0 / 255.0);
  net.unused = {"_fc.*", "*.num_batches_tracked", "_conv_head.*", "_bn1.*"};
  int64_t channels = 32, stride = 2;
  net.stages.push_back({"stem",
                        stride,
                        channels,
                        {single({"_conv_stem", "_bn0", 3, channels, 3, 2, false, Activation::kRelu6})}});
  int64_t number = 0;
  for (size_t i = 0; i < std::size(kMobileStages); ++i) {
    const MobileStage& row = kMobileStages[i];
    const bool is_fixed = i == 0 || i + 1 == std::size(kMobileStages);
    const int64_t repeats =
        is_fixed ? row.repeats : static_cast<int64_t>(std::ceil(depth * static_cast<double>(row.repeats)));
    const int64_t outputs = widened(row.channels, width);
    stride *= row.stride;
    Stage stage{fmt::format("stage{}", i + 1), stride, outputs, {}};
    for (int64_t k = 0; k < repeats; ++k) {
      const std::string name = fmt::format("_blocks.{}", number++);
      stage.blocks.push_back(mobile_block(name, channels, outputs, row, k == 0 ? row.stride : 1));
      channels = outputs;
    }
    if (stride == 16) net.stage16 = net.stages.size();
    net.stages.push_back(std::move(stage));
  }
  if (head) {
    net.stages.push_back({"head",
                          stride,
                          1280,
                          {single({"_conv_head", "_bn1", channels, 1280, 1, 1, false, Activation::kRelu6})}});
  }
  return net;
}

Architecture resnet50(bool stride_on_1x1) {
  Architecture net;
  net.name = "resnet50";
  net.mean = {0.485, 0.456, 0.406};
  net.deviation = {0.229, 0.224, 0.225};
  net.unused = {"fc.*", "*.num_batches_tracked"};
  Block stem = single({"conv1", "bn1", 3, 64, 7, 2, false, Activation::kRelu});
  stem.has_max_pool = true;
  net.stages.push_back({"stem", 4, 64, {stem}});
  constexpr int64_t kRepeats[] = {3, 4, 6, 3};
  int64_t channels = 64, stride = 4;
  for (int64_t i = 0; i < 4; ++i) {
    const int64_t width = 64 << i, first = i == 0 ? 1 : 2;
    stride *= first;
    Stage stage{fmt::format("layer{}", i + 1), stride, 4 * width, {}};
    for (int64_t k = 0; k < kRepeats[i]; ++k) {
      const std::string name = fmt::format("layer{}.{}", i + 1, k);
      stage.blocks.push_back(bottleneck(name, channels, width, k == 0 ? first : 1, stride_on_1x1));
      channels = 4 * width;
    }
    if (stride == 16) net.stage16 = net.stages.size();
    net.stages.push_back(std::move(stage));
  }
  return net;
}

}  // namespace dmf::translate
