#pragma once
#include <functional>
#include <string>

#include "dmf/onnx/operators.h"
#include "dmf/translate/image_encoder.h"

namespace dmf::onnx {

/// Changes the map [B, C, h, w] that lies at an encoder's freeze point. @param cells  h · w
using MapChange = std::function<std::string(const std::string& map, int64_t cells)>;

/// v_j of Eq. 3, [B, N, D_i]: both halves of an encoder, with `change` between them.
/// @param normalised  [B, 3, H, W] float32
/// @throws InvalidArgument  an encoder that is neither a ConvEncoder nor a VisionEncoder
std::string image_tokens(Operators& operators, const translate::ImageEncoder& encoder,
                         const std::string& normalised, const MapChange& change);

}  // namespace dmf::onnx
