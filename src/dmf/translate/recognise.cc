#include "dmf/translate/recognise.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/checkpoint.h"

namespace dmf::translate {
namespace {

namespace fs = std::filesystem;

CheckpointKind image_encoder(const std::string& name, const std::string& why) {
  return {name, fmt::format("a checkpoint of {} ({})", name, why),
          fmt::format("set image.name = \"{}\"", name)};
}

CheckpointKind text_encoder(const std::string& why) {
  return {"", fmt::format("a text encoder ({})", why), "text_encoder.folder reads it, not image.weights"};
}

CheckpointKind of_model_type(const std::string& type) {
  const std::string why = "model_type " + type;
  if (type == "data2vec-vision" || type == "beit") return image_encoder("data2vec-vision", why);
  if (type == "vit" || type == "deit") return image_encoder("vit", why);
  if (type == "dinov2" || type == "dinov2_with_registers") return image_encoder("dinov2", why);
  if (type == "bert" || type == "roberta" || type == "data2vec-text") return text_encoder(why);
  return {"", fmt::format("a model that no image encoder here reads ({})", why),
          "read are model_type data2vec-vision, beit, vit, deit, dinov2 and dinov2_with_registers"};
}

/// Whether a tensor's name is `ending`, or ends with it behind a dot.
bool has(const weights::NamedTensors& tensors, const std::string& ending) {
  for (const auto& [name, tensor] : tensors) {
    if (name == ending || name.ends_with("." + ending)) return true;
  }
  return false;
}

CheckpointKind of_tensors(const weights::NamedTensors& tensors) {
  if (tensors.contains("neck.weight") && tensors.contains("image.class_token"))
    return {"", "a whole dmf model", "it is no encoder alone; `dmf embed --model` reads it"};
  if (has(tensors, "blocks.0.attn.qkv.weight")) {
    const bool is_dinov2 =
        has(tensors, "blocks.0.ls1.gamma") &&
        (has(tensors, "mask_token") || has(tensors, "register_tokens") || has(tensors, "reg_token"));
    return image_encoder(is_dinov2 ? "dinov2" : "vit", "timm's names");
  }
  if (has(tensors, "encoder.layer.0.attention.attention.query.weight")) {
    if (has(tensors, "encoder.layer.0.lambda_1")) return image_encoder("data2vec-vision", "BEiT's names");
    if (has(tensors, "encoder.layer.0.layer_scale1.lambda1")) return image_encoder("dinov2", "its names");
    return image_encoder("vit", "transformers' names");
  }
  if (has(tensors, "encoder.layer.0.attention.self.query.weight")) return text_encoder("BERT's names");
  if (has(tensors, "layer1.0.conv1.weight") && has(tensors, "layer4.2.conv3.weight"))
    return image_encoder("resnet50", "torchvision's names");
  for (const auto& [last, name] : {std::pair{"20", "efficientnet-lite2"}, {"15", "efficientnet-lite0"}}) {
    if (has(tensors, fmt::format("_blocks.{}._project_conv.weight", last)))
      return image_encoder(name, "names of efficientnet_lite_pytorch");
  }
  return {};
}

}  // namespace

CheckpointKind recognise(const nlohmann::json& config, const weights::NamedTensors& tensors) {
  if (config.is_object() && config.contains("model_type") && config["model_type"].is_string())
    return of_model_type(config["model_type"].get<std::string>());
  return of_tensors(tensors);
}

fs::path json_path(const fs::path& path, const std::string& name) {
  return (fs::is_directory(path) ? path : path.parent_path()) / name;
}

nlohmann::json json_of_checkpoint(const fs::path& path, const std::string& name) {
  const bool is_usual = fs::is_directory(path) || weights::has_usual_name(path);
  const fs::path file = json_path(path, name);
  if (!is_usual || !fs::exists(file)) return nullptr;
  nlohmann::json json = nlohmann::json::parse(read_text(file), nullptr, false);
  DMF_CHECK(json.is_object(), DataError, "{}: not a JSON object", file.string());
  return json;
}

void check_kind(const CheckpointKind& kind, const std::string& name, const std::string& where) {
  if (kind.what.empty() || kind.encoder == name) return;
  throw DataError(
      Expectation{where, "weights of another model", "a checkpoint of " + name, kind.what, kind.hint}
          .message());
}

}  // namespace dmf::translate
