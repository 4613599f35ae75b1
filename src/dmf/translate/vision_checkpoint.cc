// make_vision_encoder: checkpoint → VisionEncoder.
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/translate/recognise.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/vision_encoder.h"
#include "dmf/translate/vision_names.h"
#include "dmf/weights/checkpoint.h"

namespace dmf::translate {
namespace {

constexpr const char* kDescription = "encoder.json";
constexpr const char* kConfig = "config.json";
constexpr const char* kPreprocessor = "preprocessor_config.json";

std::array<double, 3> three_numbers(const nlohmann::json& json, const char* key, const std::string& where) {
  const bool is_three = json.contains(key) && json[key].is_array() && json[key].size() == 3 &&
                        std::all_of(json[key].begin(), json[key].end(),
                                    [](const nlohmann::json& each) { return each.is_number(); });
  DMF_CHECK(is_three, DataError, "{}: `{}`: expected three numbers, got {}", where, key,
            json.contains(key) ? json[key].dump() : "nothing");
  return json[key].get<std::array<double, 3>>();
}

/// What a Hugging Face preprocessor does to pixels / 255.
Normalisation preprocessing(const nlohmann::json& json, const std::string& where) {
  const double factor = json.value("rescale_factor", 1.0 / 255);
  DMF_CHECK(json.value("do_rescale", true) && std::abs(factor * 255 - 1) < 1e-3, DataError,
            "{}: pixels must be divided by 255 (rescale_factor {})", where, factor);
  if (!json.value("do_normalize", true)) return {{0, 0, 0}, {1, 1, 1}};
  return {three_numbers(json, "image_mean", where), three_numbers(json, "image_std", where)};
}

/// By the option, else by what the folder says, else by the architecture.
Normalisation normalisation_of(const ImageEncoderOptions& options, const nlohmann::json& config,
                               const Normalisation& usual) {
  if (options.normalisation == "imagenet") return kImageNetNormalisation;
  if (options.normalisation == "half") return {};
  const nlohmann::json preprocessor = json_of_checkpoint(options.weights, kPreprocessor);
  if (!preprocessor.is_null())
    return preprocessing(preprocessor, json_path(options.weights, kPreprocessor).string());
  if (config.is_object() && config.contains("pretrained_cfg")) {
    const std::string where = json_path(options.weights, kConfig).string() + ": pretrained_cfg";
    return {three_numbers(config["pretrained_cfg"], "mean", where),
            three_numbers(config["pretrained_cfg"], "std", where)};
  }
  return usual;
}

VisionConfig config_of(const ImageEncoderOptions& options, const nlohmann::json& json,
                       const weights::NamedTensors& tensors) {
  if (json.is_object() && json.contains("model_type"))
    return vision_config_of_json(json, json_path(options.weights, kConfig).string());
  weights::NamedTensors named;
  for (const auto& [name, tensor] : tensors) named[mapped_name(name, vision_name_rules())] = tensor;
  DMF_CHECK(!named.contains("embeddings.patch_embeddings.projection.weight"), DataError,
            "{}: its tensors have transformers' names, and only a config.json beside them tells the rest; "
            "hint: name the checkpoint's folder",
            options.weights);
  return vision_config_of_tensors(named, options.heads, {options.height, options.width}, options.weights);
}

std::shared_ptr<ImageEncoder> from_checkpoint(const ImageEncoderOptions& options) {
  DMF_CHECK(
      !options.weights.empty(), InvalidArgument,
      "[image encoder] {} has no package of weights; hint: set image.weights to its checkpoint, a folder "
      "or a file",
      options.name);
  const nlohmann::json json = json_of_checkpoint(options.weights, kConfig);
  check_kind(recognise(json, {}), options.name, options.weights);
  const weights::NamedTensors file = weights::read_checkpoint(options.weights);
  check_kind(recognise(json, file), options.name, options.weights);
  VisionConfig config = config_of(options, json, file);
  config.normalisation = normalisation_of(options, json, config.normalisation);
  weights::NamedTensors tensors =
      weights::match_tensors(file, vision_tensors(config), vision_name_rules(), options.weights);
  tensors[kDescription] = tensor_of_text(to_json(config).dump());
  return std::make_shared<VisionEncoder>(options, config, std::move(tensors));
}

std::shared_ptr<ImageEncoder> from_tensors(const ImageEncoderOptions& options,
                                           const weights::NamedTensors& given) {
  constexpr const char* kWhere = "model file's image encoder";
  const std::string text = text_of_tensor(given, kDescription, kWhere);
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  DMF_CHECK(json.is_object(), DataError, "[{}] {} is broken", kWhere, kDescription);
  const VisionConfig config = vision_config_of_description(json, kWhere);
  DMF_CHECK(config.name == options.name, DataError, "[{}] the weights are of {}, the options name {}", kWhere,
            config.name, options.name);
  weights::NamedTensors tensors =
      weights::match_tensors(given, vision_tensors(config), {.ignore = {kDescription}}, kWhere);
  tensors[kDescription] = tensor_of_text(text);
  return std::make_shared<VisionEncoder>(options, config, std::move(tensors));
}

}  // namespace

std::shared_ptr<ImageEncoder> make_vision_encoder(const ImageEncoderOptions& options,
                                                  const weights::NamedTensors* given) {
  return given == nullptr ? from_checkpoint(options) : from_tensors(options, *given);
}

}  // namespace dmf::translate
