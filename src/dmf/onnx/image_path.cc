#include "dmf/onnx/image_path.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "dmf/core/error.h"
#include "dmf/onnx/graph.h"
#include "dmf/translate/conv_encoder.h"

namespace dmf::onnx {
namespace {

constexpr double kEpsilon = 1e-5;  // of the model's batch norms and styles
constexpr float kLayerNormEpsilon = 1e-6F;

/// Writes a model's image path operator by operator. Values are names of the graph.
class ImagePath {
 public:
  ImagePath(const fuse::DmfModel& model, const translate::ConvEncoder& encoder)
      : model_(model),
        encoder_(encoder),
        options_(model.options()),
        all_(model.tensors()),
        own_(all_),
        images_(encoder.tensors()) {}

  std::string file(const std::map<std::string, std::string>& metadata) {
    const translate::ImageEncoderOptions& size = encoder_.options();
    const std::string pixels = graph_.input("pixels", ElementType::kUint8, {3, size.height, size.width});
    const std::string feature = transformed(tokens(normalised(pixels)));
    graph_.output("embedding",
                  unit_rows(options_.feature == "after" ? batch_norm(feature, own_ / "neck") : feature),
                  {options_.width});
    return graph_.bytes(metadata);
  }

 private:
  std::string constant(const torch::Tensor& tensor) {
    const torch::Tensor values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    const float* first = values.const_data_ptr<float>();
    return graph_.constant(std::vector<float>{first, first + values.numel()}, values.sizes().vec());
  }
  std::string scalar(double value) {
    return graph_.constant(std::vector<float>{static_cast<float>(value)}, {});
  }
  std::string add(const std::string& a, const std::string& b) { return graph_.node("Add", {a, b}); }
  std::string multiply(const std::string& a, const std::string& b) { return graph_.node("Mul", {a, b}); }
  std::string reshape(const std::string& value, const std::vector<int64_t>& sizes) {
    return graph_.node("Reshape", {value, graph_.constant(sizes)});
  }
  std::string transpose(const std::string& value, const std::vector<int64_t>& axes) {
    return graph_.node("Transpose", {value}, {{"perm", axes}});
  }
  std::string mean(const std::string& value, const std::vector<int64_t>& axes) {
    return graph_.node("ReduceMean", {value}, {{"axes", axes}, {"keepdims", int64_t{1}}});
  }
  /// Positions [first, last) of an axis.
  std::string slice(const std::string& value, int64_t axis, int64_t first, int64_t last) {
    const auto number = [&](int64_t n) { return graph_.constant(std::vector<int64_t>{n}); };
    return graph_.node("Slice", {value, number(first), number(last), number(axis)});
  }
  std::string linear(const std::string& value, const torch::Tensor& weight, const torch::Tensor& bias) {
    return add(graph_.node("MatMul", {value, constant(weight.t())}), constant(bias));
  }
  /// By its running statistics.
  std::string batch_norm(const std::string& value, const weights::Scope& norm) {
    const torch::Tensor scale = norm["weight"] * (norm["running_var"] + kEpsilon).rsqrt();
    return add(multiply(value, constant(scale)), constant(norm["bias"] - norm["running_mean"] * scale));
  }
  std::string layer_norm(const std::string& value, const weights::Scope& norm) {
    return graph_.node("LayerNormalization", {value, constant(norm["weight"]), constant(norm["bias"])},
                       {{"axis", int64_t{-1}}, {"epsilon", kLayerNormEpsilon}});
  }
  std::string unit_rows(const std::string& value) {
    const std::string length =
        graph_.node("ReduceL2", {value}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{1}}});
    return graph_.node("Div", {value, graph_.node("Max", {length, scalar(1e-12)})});
  }

  std::string normalised(const std::string& pixels);
  std::string activated(const std::string& value, translate::Activation activation);
  std::string layer(const translate::ConvLayer& layer, const std::string& value);
  std::string layers(const std::vector<translate::ConvLayer>& layers, std::string value);
  std::string stage(const translate::Stage& stage, std::string value);
  std::string gathered(const std::string& map, int64_t channels, int64_t stride);
  std::string blended(const std::string& stored, int64_t cells);
  std::string tokens(const std::string& normalised);
  std::string projected(const std::string& tokens);
  std::string attention(const std::string& value, const weights::Scope& tensors, bool is_last);
  std::string block(const std::string& sequence, const weights::Scope& tensors, bool is_last);
  std::string transformed(const std::string& tokens);

  const fuse::DmfModel& model_;
  const translate::ConvEncoder& encoder_;
  const fuse::ModelOptions& options_;
  weights::NamedTensors all_;
  weights::Scope own_, images_;
  Graph graph_{"dmf image path"};
};

std::string ImagePath::normalised(const std::string& pixels) {
  const translate::Architecture& net = encoder_.architecture();
  std::vector<float> scale, shift;
  for (size_t c = 0; c < 3; ++c) {
    scale.push_back(static_cast<float>(1 / (255 * net.deviation[c])));
    shift.push_back(static_cast<float>(-net.mean[c] / net.deviation[c]));
  }
  const std::string real =
      graph_.node("Cast", {pixels}, {{"to", static_cast<int64_t>(ElementType::kFloat32)}});
  return add(multiply(real, graph_.constant(scale, {1, 3, 1, 1})), graph_.constant(shift, {1, 3, 1, 1}));
}

std::string ImagePath::activated(const std::string& value, translate::Activation activation) {
  if (activation == translate::Activation::kRelu) return graph_.node("Relu", {value});
  if (activation == translate::Activation::kRelu6) return graph_.node("Clip", {value, scalar(0), scalar(6)});
  return value;
}

/// Convolution, batch norm (folded into it), activation.
std::string ImagePath::layer(const translate::ConvLayer& layer, const std::string& value) {
  const translate::Architecture& net = encoder_.architecture();
  const weights::Scope norm = images_ / layer.norm;
  const torch::Tensor scale = norm["weight"] / at::sqrt(norm["running_var"] + net.norm_epsilon);
  const torch::Tensor weight = (images_ / layer.conv)["weight"] * scale.view({-1, 1, 1, 1});
  const translate::Padding zeros = translate::padding_of(layer, net.border);
  const std::string convolved =
      graph_.node("Conv", {value, constant(weight), constant(norm["bias"] - norm["running_mean"] * scale)},
                  {{"kernel_shape", std::vector<int64_t>{layer.kernel, layer.kernel}},
                   {"strides", std::vector<int64_t>{layer.stride, layer.stride}},
                   {"pads", std::vector<int64_t>{zeros.before, zeros.before, zeros.behind, zeros.behind}},
                   {"group", layer.is_depthwise ? layer.inputs : int64_t{1}}});
  return activated(convolved, layer.activation);
}

std::string ImagePath::layers(const std::vector<translate::ConvLayer>& layers, std::string value) {
  for (const translate::ConvLayer& each : layers) value = layer(each, value);
  return value;
}

std::string ImagePath::stage(const translate::Stage& stage, std::string value) {
  for (const translate::Block& block : stage.blocks) {
    std::string result = layers(block.layers, value);
    if (block.is_residual) result = add(result, layers(block.shortcut, value));
    value = activated(result, block.after);
    if (block.has_max_pool)
      value = graph_.node("MaxPool", {value},
                          {{"kernel_shape", std::vector<int64_t>{3, 3}},
                           {"strides", std::vector<int64_t>{2, 2}},
                           {"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  }
  return value;
}

/// [B, C, h, w] → [B, 4 C, h / 2, w / 2], channel c of cell (i, j) at 4 c + 2 i + j.
std::string ImagePath::gathered(const std::string& map, int64_t channels, int64_t stride) {
  const int64_t rows = encoder_.options().height / stride / 2,
                columns = encoder_.options().width / stride / 2;
  const std::string parted = reshape(map, {0, channels, rows, 2, columns, 2});
  return reshape(transpose(parted, {0, 1, 3, 5, 2, 4}), {0, 4 * channels, rows, columns});
}

/// ModelOptions::style_blend. @param cells  of the map
std::string ImagePath::blended(const std::string& stored, int64_t cells) {
  const double share = options_.style_blend;
  if (share == 0) return stored;
  const std::vector<int64_t> axes{2, 3};
  const std::string average = mean(stored, axes), centred = graph_.node("Sub", {stored, average});
  const double unbiased = static_cast<double>(cells) / static_cast<double>(cells - 1);
  const std::string variance = multiply(mean(multiply(centred, centred), axes), scalar(unbiased));
  const std::string deviation = graph_.node("Sqrt", {add(variance, scalar(kEpsilon))});
  const auto towards = [&](const std::string& own, const char* name) {
    return add(multiply(own, scalar(1 - share)), constant(own_[name].view({1, -1, 1, 1}) * share));
  };
  const std::string ratio = graph_.node("Div", {towards(deviation, "image.style.deviation"), deviation});
  return add(multiply(centred, ratio), towards(average, "image.style.mean"));
}

/// v_j of Eq. 3, [B, N, D_i]: the two halves of the encoder with the style between them.
std::string ImagePath::tokens(const std::string& normalised) {
  const translate::Architecture& net = encoder_.architecture();
  const size_t first = encoder_.first_trained();
  const bool needs16 = encoder_.options().level == "16+32";
  const translate::Stage& stage16 = net.stages[net.stage16];
  std::string map = normalised, cells;
  const auto run = [&](size_t i) {
    map = stage(net.stages[i], map);
    if (i == net.stage16 && needs16) cells = gathered(map, stage16.channels, stage16.stride);
  };
  for (size_t i = 0; i < first; ++i) run(i);
  const std::vector<int64_t> sizes = encoder_.stored_sizes();
  const bool stores16 = needs16 && first > net.stage16 + 1;
  const std::string stored = blended(
      stores16 ? graph_.node("Concat", {cells, map}, {{"axis", int64_t{1}}}) : map, sizes[1] * sizes[2]);
  if (stores16) {
    const int64_t count = 4 * stage16.channels;
    cells = slice(stored, 1, 0, count);
    map = slice(stored, 1, count, sizes[0]);
  } else {
    map = stored;
    if (needs16 && first == net.stage16 + 1) cells = gathered(map, stage16.channels, stage16.stride);
  }
  for (size_t i = first; i < net.stages.size(); ++i) run(i);
  if (needs16) map = graph_.node("Concat", {cells, map}, {{"axis", int64_t{1}}});
  return transpose(reshape(map, {0, encoder_.token_width(), encoder_.token_count()}), {0, 2, 1});
}

std::string ImagePath::projected(const std::string& tokens) {
  std::string x = tokens;
  const weights::Scope norm = own_ / "image.token_norm";
  if (norm.has("running_mean")) {
    x = batch_norm(x, norm);
  } else if (norm.has("weight")) {
    x = layer_norm(x, norm);
  }
  return linear(x, own_["image.projection.weight"], own_["image.projection.bias"]);
}

std::string ImagePath::attention(const std::string& value, const weights::Scope& tensors, bool is_last) {
  const int64_t D = options_.width, heads = options_.heads, width = D / heads;
  const torch::Tensor weight = tensors["qkv.weight"], bias = tensors["qkv.bias"];
  const auto part = [&](const std::string& of, int64_t i, std::vector<int64_t> axes) {
    const std::string x = linear(of, weight.narrow(0, i * D, D), bias.narrow(0, i * D, D));
    return transpose(reshape(x, {0, -1, heads, width}), std::move(axes));
  };
  const std::string query = part(is_last ? slice(value, 1, 0, 1) : value, 0, {0, 2, 1, 3});
  const std::string key = part(value, 1, {0, 2, 3, 1}), read = part(value, 2, {0, 2, 1, 3});
  const std::string logits =
      multiply(graph_.node("MatMul", {query, key}), scalar(1 / std::sqrt(static_cast<double>(width))));
  const std::string mixed =
      graph_.node("MatMul", {graph_.node("Softmax", {logits}, {{"axis", int64_t{-1}}}), read});
  return linear(reshape(transpose(mixed, {0, 2, 1, 3}), {0, -1, D}), tensors["proj.weight"],
                tensors["proj.bias"]);
}

/// Of the last block only the class token's output is wanted.
std::string ImagePath::block(const std::string& sequence, const weights::Scope& tensors, bool is_last) {
  const std::string attended = attention(layer_norm(sequence, tensors / "norm1"), tensors / "attn", is_last);
  const std::string x = add(is_last ? slice(sequence, 1, 0, 1) : sequence, attended);
  const weights::Scope mlp = tensors / "mlp";
  const std::string hidden = linear(layer_norm(x, tensors / "norm2"), mlp["fc1.weight"], mlp["fc1.bias"]);
  const std::string error = graph_.node("Erf", {multiply(hidden, scalar(std::sqrt(0.5)))});
  const std::string gelu = multiply(multiply(hidden, scalar(0.5)), add(error, scalar(1)));
  return add(x, linear(gelu, mlp["fc2.weight"], mlp["fc2.bias"]));
}

/// The global feature [B, D].
std::string ImagePath::transformed(const std::string& tokens) {
  const std::string patches = projected(tokens);
  const std::string pooled = mean(patches, {1});
  // Nothing of the mean, but one row an image.
  const std::string base = options_.class_token == "pooled" ? pooled : graph_.node("Sub", {pooled, pooled});
  const std::string token = add(base, constant(own_["image.class_token"].view({1, 1, options_.width})));
  const int64_t S = encoder_.token_count() + 1;
  std::string x = add(graph_.node("Concat", {token, patches}, {{"axis", int64_t{1}}}),
                      constant(own_["image.position"].narrow(0, 0, S)));
  for (int64_t i = 0; i < options_.depth; ++i)
    x = block(x, own_ / fmt::format("transformer.{}", i), i + 1 == options_.depth);
  if (options_.final_norm == "layer") x = layer_norm(x, own_ / "transformer.norm");
  return reshape(x, {0, options_.width});
}

}  // namespace

std::string image_path_file(const fuse::DmfModel& model, const std::map<std::string, std::string>& metadata) {
  const auto* encoder = dynamic_cast<const translate::ConvEncoder*>(model.image_encoder().get());
  DMF_CHECK(encoder != nullptr, InvalidArgument,
            "[export] the image encoder `{}` is not exported yet; hint: efficientnet-lite0, -lite2 and "
            "resnet50 are",
            model.image_encoder()->options().name);
  const torch::NoGradGuard no_grad;
  return ImagePath(model, *encoder).file(metadata);
}

}  // namespace dmf::onnx
