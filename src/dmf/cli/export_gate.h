#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dmf/embed/embedder.h"
#include "dmf/eval/labels.h"

namespace dmf::cli {

/// What an exported file is checked with.
struct GateImages {
  torch::Tensor pixels;  ///< [N, 3, H, W] uint8, N >= 32
  eval::Labels query,
      gallery;  ///< of the first images and of those that follow; empty where they are not known
};

/// How well a program that reads ONNX reproduces a model.
struct GateResult {
  std::string runtime;        ///< "onnxruntime 1.20.1"
  int64_t batch = 0;          ///< images at a time
  double lowest_cosine = 0;   ///< of an image's embedding there and here
  std::optional<double> map;  ///< mAP of the labelled images with that program's embeddings, per cent
};
struct GateReport {
  std::optional<double> map;  ///< with the model's own
  std::vector<GateResult> results;
};

/// Runs an ONNX file in ONNX Runtime, and in OpenVINO where it is installed, at batches of 1, 3 and 32.
/// @param python  an interpreter with onnxruntime and numpy
/// @throws Error  the interpreter cannot run it; the message is its own
GateReport run_gate(const std::filesystem::path& file, const embed::Embedder& embedder,
                    const GateImages& images, const std::string& python);

/// @throws Error  a result whose lowest cosine is below 0.9999, or whose mAP is more than 0.1 away from the model's
void check_gate(const GateReport& report);

}  // namespace dmf::cli
