#include "dmf/translate/vision_config.h"

#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"
#include "dmf/translate/config_reader.h"

namespace dmf::translate {
namespace {

VisionConfig common_config(const ConfigReader& reader, int64_t image, int64_t patch) {
  reader.expect("hidden_act", "gelu");
  reader.expect("num_channels", 3);
  VisionConfig config;
  config.width = reader.number("hidden_size");
  config.layers = reader.number("num_hidden_layers");
  config.heads = reader.number("num_attention_heads");
  config.patch = reader.square_or("patch_size", patch);
  const int64_t cells = reader.square_or("image_size", image) / config.patch;
  config.table = {cells, cells};
  return config;
}

void read_beit(const ConfigReader& reader, VisionConfig& config) {
  config.names = "beit";
  config.intermediate = reader.number("intermediate_size");
  config.norm_epsilon = reader.positive_or("layer_norm_eps", 1e-12);
  config.has_positions = reader.flag_or("use_absolute_position_embeddings", false);
  config.has_shared_bias = reader.flag_or("use_shared_relative_position_bias", false);
  config.has_block_bias = reader.flag_or("use_relative_position_bias", false);
  config.has_layer_scale = reader.real_or("layer_scale_init_value", 0.1) > 0;
  config.has_final_norm = !reader.flag_or("use_mean_pooling", true);
  config.has_key_bias = false;
  config.positions_apart = 1;
}

void read_vit(const ConfigReader& reader, bool is_deit, VisionConfig& config) {
  reader.expect("qkv_bias", true);
  config.names = "beit";
  config.intermediate = reader.number("intermediate_size");
  config.norm_epsilon = reader.positive_or("layer_norm_eps", 1e-12);
  config.has_distillation_token = is_deit;
  config.positions_apart = config.tokens_apart();
  if (is_deit) config.normalisation = kImageNetNormalisation;
}

void read_dinov2(const ConfigReader& reader, bool has_registers, VisionConfig& config) {
  reader.expect("use_swiglu_ffn", false);
  reader.expect("qkv_bias", true);
  config.names = "dinov2";
  config.intermediate =
      static_cast<int64_t>(static_cast<double>(config.width) * reader.real_or("mlp_ratio", 4));
  config.norm_epsilon = reader.positive_or("layer_norm_eps", 1e-6);
  config.has_layer_scale = true;
  config.registers = has_registers ? reader.number_or("num_register_tokens", 4) : 0;
  config.positions_apart = 1;
  config.resampling.antialias = has_registers;
  config.normalisation = kImageNetNormalisation;
}

/// Rows and columns of a position table of `cells` cells: a square, else the two factors whose ratio is
/// nearest to the image's.
TokenGrid table_grid(int64_t cells, TokenGrid image) {
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(cells))));
  if (side * side == cells) return {side, side};
  const double wanted = static_cast<double>(image.rows) / static_cast<double>(image.columns);
  TokenGrid best{cells, 1};
  const auto misfit = [&](const TokenGrid& grid) {
    return std::abs(std::log(static_cast<double>(grid.rows) / static_cast<double>(grid.columns) / wanted));
  };
  for (int64_t columns = 1; columns <= cells; ++columns) {
    const TokenGrid grid{cells / columns, columns};
    if (grid.cells() == cells && misfit(grid) < misfit(best)) best = grid;
  }
  return best;
}

bool is_square(int64_t number) {
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(number))));
  return side * side == number;
}

/// How many entries of a table of `entries` are no cells: where only one of the choices leaves a square,
/// that.
int64_t entries_apart(int64_t entries, const VisionConfig& config) {
  const int64_t tokens = config.tokens_apart();
  for (const int64_t apart : {tokens, std::min<int64_t>(tokens, 1), int64_t{0}}) {
    if (entries > apart && is_square(entries - apart)) return apart;
  }
  return tokens;
}

/// Calls `visit` with the name and each value that encoder.json keeps.
template <class Config, class Visitor>
void for_each_value(Config& config, const Visitor& visit) {
  visit("architecture", config.name);
  visit("names", config.names);
  visit("width", config.width);
  visit("layers", config.layers);
  visit("heads", config.heads);
  visit("intermediate", config.intermediate);
  visit("patch", config.patch);
  visit("norm_epsilon", config.norm_epsilon);
  visit("table_rows", config.table.rows);
  visit("table_columns", config.table.columns);
  visit("positions_apart", config.positions_apart);
  visit("positions", config.has_positions);
  visit("shared_bias", config.has_shared_bias);
  visit("block_bias", config.has_block_bias);
  visit("class_token", config.has_class_token);
  visit("distillation_token", config.has_distillation_token);
  visit("registers", config.registers);
  visit("layer_scale", config.has_layer_scale);
  visit("key_bias", config.has_key_bias);
  visit("final_norm", config.has_final_norm);
  visit("antialias", config.resampling.antialias);
  visit("position_offset", config.resampling.offset);
  visit("mean", config.normalisation.mean);
  visit("deviation", config.normalisation.deviation);
}

}  // namespace

int64_t published_heads(int64_t width) {
  switch (width) {
    case 1152:  // ViT-So400m
    case 1280:  // ViT-H
    case 1408:  // ViT-g
    case 1664:  // ViT-G
      return 16;
    default:
      return width % 64 == 0 ? width / 64 : 0;
  }
}

VisionConfig vision_config_of_json(const nlohmann::json& json, const std::string& where) {
  const ConfigReader reader(json, where);
  const std::string type = json.value("model_type", "");
  const bool is_dinov2 = type.starts_with("dinov2");
  VisionConfig config = common_config(reader, 224, is_dinov2 ? 14 : 16);
  if (type == "data2vec-vision" || type == "beit") {
    config.name = "data2vec-vision";
    read_beit(reader, config);
  } else if (type == "vit" || type == "deit") {
    config.name = "vit";
    read_vit(reader, type == "deit", config);
  } else if (type == "dinov2" || type == "dinov2_with_registers") {
    config.name = "dinov2";
    read_dinov2(reader, type == "dinov2_with_registers", config);
  } else {
    throw DataError(
        Expectation{where, "not a vision transformer that is read",
                    "model_type data2vec-vision, beit, vit, deit, dinov2 or dinov2_with_registers",
                    type.empty() ? "none" : type, ""}
            .message());
  }
  DMF_CHECK(config.width % config.heads == 0, DataError, "{}: hidden_size {} is no multiple of {} heads",
            where, config.width, config.heads);
  DMF_CHECK(config.table.rows > 0, DataError, "{}: image_size is smaller than patch_size {}", where,
            config.patch);
  return config;
}

VisionConfig vision_config_of_tensors(const weights::NamedTensors& tensors, int64_t heads, TokenGrid image,
                                      const std::string& where) {
  const auto sizes = [&](const std::string& name, int64_t dimensions) {
    const auto found = tensors.find(name);
    DMF_CHECK(found != tensors.end(), DataError,
              "{}: not a vision transformer of timm's names: no tensor `{}`", where, name);
    DMF_CHECK(found->second.dim() == dimensions, DataError, "{}: `{}`: expected {} dimensions, got {}", where,
              name, dimensions, shape_text(found->second.sizes()));
    return found->second.sizes().vec();
  };
  DMF_CHECK(!tensors.contains("blocks.0.mlp.w12.weight"), DataError,
            "{}: its MLPs are gated (SwiGLU), which is not read; hint: the smaller models of the family have "
            "plain ones",
            where);
  VisionConfig config;
  config.names = "timm";
  const std::vector<int64_t> patch = sizes("patch_embed.proj.weight", 4);
  config.width = patch[0];
  config.patch = patch[2];
  while (tensors.contains(fmt::format("blocks.{}.norm1.weight", config.layers))) ++config.layers;
  config.intermediate = sizes("blocks.0.mlp.fc1.weight", 2)[0];
  config.heads = heads > 0 ? heads : published_heads(config.width);
  DMF_CHECK(
      config.heads > 0 && config.width % config.heads == 0, InvalidArgument,
      "{}: its tensors are {} wide, and do not tell the number of attention heads; hint: set image.heads "
      "to a divisor of {} (got {})",
      where, config.width, config.width, heads);
  config.has_class_token = tensors.contains("cls_token");
  config.has_distillation_token = tensors.contains("dist_token");
  config.has_layer_scale = tensors.contains("blocks.0.ls1.gamma");
  config.has_final_norm = tensors.contains("norm.weight");
  if (tensors.contains("register_tokens")) config.registers = sizes("register_tokens", 3)[1];
  const int64_t entries = sizes("pos_embed", 3)[1];
  config.positions_apart = entries_apart(entries, config);
  config.table = table_grid(entries - config.positions_apart, image);
  const bool is_dinov2 = config.has_layer_scale && (tensors.contains("mask_token") || config.registers > 0);
  config.name = is_dinov2 ? "dinov2" : "vit";
  // DINOv2's own code: an offset without registers, antialiasing with them. timm: antialiasing.
  config.resampling.antialias = !is_dinov2 || config.registers > 0;
  config.resampling.offset = config.resampling.antialias ? 0.0 : 0.1;
  if (is_dinov2 || config.has_distillation_token) config.normalisation = kImageNetNormalisation;
  return config;
}

nlohmann::json to_json(const VisionConfig& config) {
  nlohmann::json json;
  for_each_value(config, [&](const char* key, const auto& value) { json[key] = value; });
  return json;
}

VisionConfig vision_config_of_description(const nlohmann::json& json, const std::string& where) {
  VisionConfig config;
  try {
    for_each_value(config, [&](const char* key, auto& value) { json.at(key).get_to(value); });
  } catch (const nlohmann::json::exception& error) {
    throw DataError(
        fmt::format("[{}] the description of the image encoder is broken: {}", where, error.what()));
  }
  return config;
}

}  // namespace dmf::translate
