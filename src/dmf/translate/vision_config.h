#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/translate/normalisation.h"
#include "dmf/translate/position_table.h"
#include "dmf/translate/token_grid.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// A vision transformer as data: all that its tensors do not tell, and what they must be like.
struct VisionConfig {
  std::string name;   ///< "data2vec-vision", "vit" or "dinov2"
  std::string names;  ///< how its tensors are called (vision_names.h): "beit", "dinov2" or "timm"
  int64_t width = 0, layers = 0, heads = 0, intermediate = 0, patch = 0;
  double norm_epsilon = 1e-6;
  TokenGrid table{};            ///< grid of the pre-training's position tables
  int64_t positions_apart = 0;  ///< entries of the absolute table that are no cells; they come first
  bool has_positions = true;    ///< absolute position embeddings
  bool has_shared_bias = false,
       has_block_bias = false;  ///< relative position bias: one table, or one a block
  bool has_class_token = true, has_distillation_token = false;
  int64_t registers = 0;
  bool has_layer_scale = false, has_key_bias = true;
  bool has_final_norm = true;  ///< LayerNorm behind the last block
  PositionResampling resampling;
  Normalisation normalisation;

  /// Tokens in front of the patches'.
  int64_t tokens_apart() const {
    return (has_class_token ? 1 : 0) + (has_distillation_token ? 1 : 0) + registers;
  }
};

/// Attention heads of the published vision transformers of a width; 64 numbers a head for all but the
/// largest. 0 = there is none of this width.
int64_t published_heads(int64_t width);

/// Reads a Hugging Face config.json of `model_type` data2vec-vision, beit, vit, deit, dinov2 or
/// dinov2_with_registers.
/// @param where  its path, for the message
/// @throws DataError  a number is missing or does not fit the others; a variant that is not read (SwiGLU,
///                    images that are not square, an activation other than GELU)
VisionConfig vision_config_of_json(const nlohmann::json& json, const std::string& where);

/// Reads the shapes of a checkpoint whose tensors have timm's names (ViT, DeiT, TransReID, DINOv2).
/// @param tensors  under timm's names without prefix
/// @param heads    0 = published_heads
/// @param image    height and width in pixels: their ratio tells the grid of a position table that is not
///                 square (TransReID)
/// @throws DataError        tensors that the shapes are read from are missing or of another kind
/// @throws InvalidArgument  heads does not divide the width, or is 0 and there is no published model of it
VisionConfig vision_config_of_tensors(const weights::NamedTensors& tensors, int64_t heads, TokenGrid image,
                                      const std::string& where);

/// What encoder.json of a model file holds, and back.
/// @throws DataError  a value is missing or of another kind
nlohmann::json to_json(const VisionConfig& config);
VisionConfig vision_config_of_description(const nlohmann::json& json, const std::string& where);

}  // namespace dmf::translate
