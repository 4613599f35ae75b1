#include "dmf/onnx/image_encoder.h"

#include <fmt/format.h>

#include "dmf/core/error.h"
#include "dmf/onnx/transformer.h"
#include "dmf/translate/conv_encoder.h"
#include "dmf/translate/vision_encoder.h"
#include "dmf/translate/vision_names.h"

namespace dmf::onnx {
namespace {

/// A convolutional encoder, layer by layer.
class ConvLayers {
 public:
  ConvLayers(Operators& operators, const translate::ConvEncoder& encoder)
      : ops_(operators), encoder_(encoder), net_(encoder.architecture()), tensors_(encoder.tensors()) {}

  std::string tokens(const std::string& normalised, const MapChange& change);

 private:
  std::string activated(const std::string& value, translate::Activation activation);
  std::string layer(const translate::ConvLayer& layer, const std::string& value);
  std::string layers(const std::vector<translate::ConvLayer>& layers, std::string value);
  std::string stage(const translate::Stage& stage, std::string value);
  std::string gathered(const std::string& map);

  Operators& ops_;
  const translate::ConvEncoder& encoder_;
  const translate::Architecture& net_;
  weights::Scope tensors_;
};

std::string ConvLayers::activated(const std::string& value, translate::Activation activation) {
  if (activation == translate::Activation::kRelu) return ops_.graph().node("Relu", {value});
  if (activation == translate::Activation::kRelu6)
    return ops_.graph().node("Clip", {value, ops_.scalar(0), ops_.scalar(6)});
  return value;
}

/// Convolution, batch norm (folded into it), activation.
std::string ConvLayers::layer(const translate::ConvLayer& layer, const std::string& value) {
  const weights::Scope norm = tensors_ / layer.norm;
  const torch::Tensor scale = norm["weight"] / at::sqrt(norm["running_var"] + net_.norm_epsilon);
  const torch::Tensor weight = (tensors_ / layer.conv)["weight"] * scale.view({-1, 1, 1, 1});
  const translate::Padding zeros = translate::padding_of(layer, net_.border);
  const std::string convolved = ops_.convolution(
      value, weight, norm["bias"] - norm["running_mean"] * scale,
      {{"kernel_shape", std::vector<int64_t>{layer.kernel, layer.kernel}},
       {"strides", std::vector<int64_t>{layer.stride, layer.stride}},
       {"pads", std::vector<int64_t>{zeros.before, zeros.before, zeros.behind, zeros.behind}},
       {"group", layer.is_depthwise ? layer.inputs : int64_t{1}}});
  return ops_.rounded(activated(convolved, layer.activation));
}

std::string ConvLayers::layers(const std::vector<translate::ConvLayer>& layers, std::string value) {
  for (const translate::ConvLayer& each : layers) value = layer(each, value);
  return value;
}

std::string ConvLayers::stage(const translate::Stage& stage, std::string value) {
  for (const translate::Block& block : stage.blocks) {
    std::string result = layers(block.layers, value);
    if (block.is_residual) result = ops_.add(result, layers(block.shortcut, value));
    value = ops_.rounded(activated(result, block.after));
    if (block.has_max_pool)
      value = ops_.graph().node("MaxPool", {value},
                                {{"kernel_shape", std::vector<int64_t>{3, 3}},
                                 {"strides", std::vector<int64_t>{2, 2}},
                                 {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  }
  return value;
}

/// The map of stride 16, [B, C, h, w] → [B, 4 C, h / 2, w / 2], channel c of cell (i, j) at 4 c + 2 i + j.
std::string ConvLayers::gathered(const std::string& map) {
  const translate::Stage& stage16 = net_.stages[net_.stage16];
  const int64_t rows = encoder_.options().height / stage16.stride / 2,
                columns = encoder_.options().width / stage16.stride / 2;
  const std::string parted = ops_.reshape(map, {0, stage16.channels, rows, 2, columns, 2});
  return ops_.reshape(ops_.transpose(parted, {0, 1, 3, 5, 2, 4}), {0, 4 * stage16.channels, rows, columns});
}

std::string ConvLayers::tokens(const std::string& normalised, const MapChange& change) {
  const size_t first = encoder_.first_trained();
  const bool needs16 = encoder_.options().level == "16+32";
  std::string map = normalised, cells;
  const auto run = [&](size_t i) {
    map = stage(net_.stages[i], map);
    if (i == net_.stage16 && needs16) cells = gathered(map);
  };
  for (size_t i = 0; i < first; ++i) run(i);
  const std::vector<int64_t> sizes = encoder_.stored_sizes();
  const bool stores16 = needs16 && first > net_.stage16 + 1;
  const std::string stored = change(stores16 ? ops_.concat({cells, map}, 1) : map, sizes[1] * sizes[2]);
  if (stores16) {
    const int64_t count = 4 * net_.stages[net_.stage16].channels;
    cells = ops_.slice(stored, 1, 0, count);
    map = ops_.slice(stored, 1, count, sizes[0]);
  } else {
    map = stored;
    if (needs16 && first == net_.stage16 + 1) cells = gathered(map);
  }
  for (size_t i = first; i < net_.stages.size(); ++i) run(i);
  if (needs16) map = ops_.concat({cells, map}, 1);
  return ops_.transpose(ops_.reshape(map, {0, encoder_.token_width(), encoder_.token_count()}), {0, 2, 1});
}

/// A vision transformer: patches, positions, blocks.
class VisionLayers {
 public:
  VisionLayers(Operators& operators, const translate::VisionEncoder& encoder)
      : ops_(operators), encoder_(encoder), net_(encoder.network()), tensors_(encoder.tensors()) {}

  std::string tokens(const std::string& normalised, const MapChange& change);

 private:
  std::string projected(const std::string& normalised);
  std::string embedded(const std::string& projected);
  std::string blocks(std::string sequence, int64_t first, int64_t last);
  std::string finished(const std::string& sequence);
  std::string cells_changed(const std::string& cells, const MapChange& change);

  Operators& ops_;
  const translate::VisionEncoder& encoder_;
  const translate::VisionTransformer& net_;
  const weights::NamedTensors& tensors_;
};

std::string VisionLayers::projected(const std::string& normalised) {
  const translate::VisionConfig& config = net_.config();
  const weights::Scope patches(tensors_, translate::vision_names(config.names).patches + ".");
  const torch::Tensor bias = patches.has("bias") ? patches["bias"] : at::zeros({config.width});
  return ops_.convolution(normalised, patches["weight"], bias,
                          {{"kernel_shape", std::vector<int64_t>{config.patch, config.patch}},
                           {"strides", std::vector<int64_t>{config.patch, config.patch}}});
}

/// [B, D, rows, columns] → [B, P + N, D]
std::string VisionLayers::embedded(const std::string& projected) {
  const int64_t D = net_.config().width, N = net_.grid().cells(), P = net_.config().tokens_apart();
  // What is added to patches, and the tokens in front of them: the sequence of patches that are zero.
  const torch::Tensor base = net_.embed(tensors_, at::zeros({1, D, net_.grid().rows, net_.grid().columns}));
  const std::string cells = ops_.add(ops_.transpose(ops_.reshape(projected, {0, D, N}), {0, 2, 1}),
                                     ops_.constant(base.narrow(1, P, N)));
  if (P == 0) return cells;
  return ops_.concat({ops_.for_each_sample(base.narrow(1, 0, P), projected), cells}, 1);
}

std::string VisionLayers::blocks(std::string sequence, int64_t first, int64_t last) {
  const translate::VisionConfig& config = net_.config();
  const translate::TransformerShape shape{config.heads, config.norm_epsilon, translate::NormPlace::kBefore};
  const std::vector<torch::Tensor> biases = net_.attention_biases(tensors_, first, last);
  for (int64_t i = first; i < last; ++i) {
    const torch::Tensor& bias = biases[static_cast<size_t>(i - first)];
    sequence = transformer_block(ops_, sequence, translate::vision_block(config, tensors_, i), shape,
                                 {.bias = bias.defined() ? ops_.constant(bias) : ""});
  }
  return sequence;
}

/// [B, P + N, D] → [B, N, D]
std::string VisionLayers::finished(const std::string& sequence) {
  const translate::VisionConfig& config = net_.config();
  const int64_t P = config.tokens_apart();
  const std::string cells = P == 0 ? sequence : ops_.slice(sequence, 1, P, P + net_.grid().cells());
  if (!config.has_final_norm) return cells;
  const weights::Scope norm(tensors_, translate::vision_names(config.names).final_norm + ".");
  return ops_.layer_norm(cells, norm["weight"], norm["bias"], config.norm_epsilon);
}

/// @param cells  [B, N, D]
std::string VisionLayers::cells_changed(const std::string& cells, const MapChange& change) {
  const int64_t D = net_.config().width, N = net_.grid().cells();
  const std::string map =
      ops_.reshape(ops_.transpose(cells, {0, 2, 1}), {0, D, net_.grid().rows, net_.grid().columns});
  return ops_.transpose(ops_.reshape(change(map, N), {0, D, N}), {0, 2, 1});
}

std::string VisionLayers::tokens(const std::string& normalised, const MapChange& change) {
  using Cut = translate::VisionEncoder::Cut;
  const Cut cut = encoder_.cut();
  const int64_t layers = net_.config().layers, frozen = encoder_.frozen_blocks();
  const int64_t N = net_.grid().cells(), P = net_.config().tokens_apart();
  if (cut == Cut::kAll)
    return cells_changed(finished(blocks(embedded(projected(normalised)), 0, layers)), change);
  std::string sequence;
  if (cut == Cut::kNothing) {
    sequence = embedded(projected(change(normalised, encoder_.options().height * encoder_.options().width)));
  } else if (cut == Cut::kProjection) {
    sequence = embedded(change(projected(normalised), N));
  } else {
    sequence = blocks(embedded(projected(normalised)), 0, frozen);
    const std::string cells = cells_changed(P == 0 ? sequence : ops_.slice(sequence, 1, P, P + N), change);
    sequence = P == 0 ? cells : ops_.concat({ops_.slice(sequence, 1, 0, P), cells}, 1);
  }
  return finished(blocks(sequence, frozen, layers));
}

}  // namespace

std::string image_tokens(Operators& operators, const translate::ImageEncoder& encoder,
                         const std::string& normalised, const MapChange& change) {
  if (const auto* conv = dynamic_cast<const translate::ConvEncoder*>(&encoder))
    return ConvLayers(operators, *conv).tokens(normalised, change);
  if (const auto* vision = dynamic_cast<const translate::VisionEncoder*>(&encoder))
    return VisionLayers(operators, *vision).tokens(normalised, change);
  throw InvalidArgument(
      fmt::format("[export] the image encoder `{}` cannot be exported", encoder.options().name));
}

}  // namespace dmf::onnx
