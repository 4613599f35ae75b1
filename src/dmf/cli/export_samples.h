#pragma once
#include <string>
#include <vector>

#include "dmf/cli/export_gate.h"
#include "dmf/embed/embedder.h"
#include "dmf/onnx/image_path.h"

namespace dmf::cli {

/// What a file of the image path is checked with: images, or a dataset's queries and gallery, or, where
/// neither is given, synthetic persons.
/// @param images  files
/// @param test    spec of a dataset
GateSamples image_samples(const embed::Embedder& embedder, onnx::ImageInput input,
                          const std::vector<std::string>& images, const std::string& test);

/// What the ranges of int8 are found on: 128 training images of a dataset, drawn evenly (of its gallery where
/// it has none to train on).
GateSamples range_samples(const embed::Embedder& embedder, onnx::ImageInput input,
                          const std::string& dataset);

/// What a file of the text path is checked with: captions of synthetic persons, as the model reads them.
/// @throws InvalidArgument  the model reads no sentences
GateSamples text_samples(const embed::Embedder& embedder);

}  // namespace dmf::cli
