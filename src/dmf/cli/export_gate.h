#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// How well a program that reads ONNX reproduces a model.
struct GateResult {
  std::string runtime;       ///< "onnxruntime 1.20.1"
  int64_t batch = 0;         ///< images at a time
  double lowest_cosine = 0;  ///< of an image's embedding there and here
};

/// Runs an ONNX file in ONNX Runtime, and in OpenVINO where it is installed, at batches of 1, 3 and 32.
/// @param python  an interpreter with onnxruntime and numpy
/// @param pixels  [N, 3, H, W] uint8, N >= 32
/// @throws Error  the interpreter cannot run it; the message is its own
std::vector<GateResult> run_gate(const std::filesystem::path& file, const embed::Embedder& embedder,
                                 const torch::Tensor& pixels, const std::string& python);

}  // namespace dmf::cli
