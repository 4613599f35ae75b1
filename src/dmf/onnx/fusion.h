#pragma once
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/onnx/operators.h"

namespace dmf::onnx {

/// ModelOptions::style_blend of a stored map [B, C, h, w]. @param cells  h · w
std::string style_blended(Operators& operators, const fuse::DmfModel& model, const std::string& map,
                          int64_t cells);

/// All behind the encoders: translation (Eq. 4 and 5), the shared transformer, BNNeck where the model's
/// feature stands behind it, unit length.
/// @param modality  "image" or "text"
/// @param tokens    [B, N, D_i] v_j or [B, T, D_t] t_k
/// @param mask      of texts: [B, T] float32, 1 = word, 0 = padding; of images: empty
/// @return          [B, D]
std::string embedding_of_tokens(Operators& operators, const fuse::DmfModel& model,
                                const std::string& modality, const std::string& tokens,
                                const std::string& mask);

}  // namespace dmf::onnx
