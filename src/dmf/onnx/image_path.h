#pragma once
#include <map>
#include <string>

#include "dmf/fuse/model.h"
#include "dmf/onnx/operators.h"

namespace dmf::onnx {

/// What a file of the image path begins with.
enum class ImageInput {
  kPixels,     ///< `pixels` [batch, 3, H, W] uint8, RGB, in the model's size
  kNormalised  ///< `normalised` [batch, 3, H, W] float32: ImageEncoder::normalise's output
};

/// A model's image path as an ONNX file: preprocessing, encoder, translation (Eq. 4), shared transformer, and
/// BNNeck where the model's feature stands behind it. Output `embedding` [batch, D] float32, unit rows.
///
/// @param products  kInt8 holds for the encoder; what is behind it stays float32
/// @param metadata  keys and values that are kept in the file
/// @throws InvalidArgument  an image encoder that is not one of translate/'s
std::string image_path_file(const fuse::DmfModel& model, ImageInput input, const Products& products,
                            const std::map<std::string, std::string>& metadata);

}  // namespace dmf::onnx
