#pragma once
#include <map>
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/translate/text_encoder.h"

namespace dmf::onnx {

/// A model's text path as an ONNX file: text encoder, translation (Eq. 5), shared transformer, BNNeck.
///
///   input  `ids`  [batch, pieces] int64: word pieces with start and end token, padded
///   input  `mask` [batch, pieces] int64: 1 = read, 0 = padding
///   output `embedding` [batch, D] float32, unit rows
///
/// @param encoder   the model's (Embedder::text_encoder)
/// @param metadata  keys and values that are kept in the file
/// @throws InvalidArgument  a model without text branch; an encoder that is not one of translate/'s
std::string text_path_file(const fuse::DmfModel& model, const translate::TextEncoder& encoder,
                           const std::map<std::string, std::string>& metadata);

}  // namespace dmf::onnx
