#pragma once
#include <map>
#include <string>

#include "dmf/fuse/model.h"

namespace dmf::onnx {

/// A model's image path as an ONNX file: preprocessing, encoder, translation (Eq. 4), shared transformer, and
/// BNNeck where the model's feature stands behind it.
///
///   input  `pixels` [batch, 3, H, W] uint8, RGB, in the model's size
///   output `embedding` [batch, D] float32, unit rows
///
/// @param metadata  keys and values that are kept in the file
/// @throws InvalidArgument  an image encoder that is not a convolutional one (EfficientNet-Lite, ResNet-50)
std::string image_path_file(const fuse::DmfModel& model, const std::map<std::string, std::string>& metadata);

}  // namespace dmf::onnx
