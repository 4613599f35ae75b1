#pragma once
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dmf/eval/labels.h"
#include "dmf/onnx/operators.h"

namespace dmf::cli {

/// What an exported file is run on, and what it should give.
struct GateSamples {
  std::map<std::string, torch::Tensor> inputs;  ///< by the file's names, [N, …] each, N >= 32
  torch::Tensor wanted;                         ///< the model's own embeddings, [N, D] float32
  eval::Labels query,
      gallery;  ///< of the first samples and of those that follow; empty where they are not known
};

/// How well a program that reads ONNX reproduces a model.
struct GateResult {
  std::string path;           ///< "image" or "text"
  std::string runtime;        ///< "onnxruntime 1.20.1"
  int64_t batch = 0;          ///< samples at a time
  double lowest_cosine = 0;   ///< of a sample's embedding there and here
  std::optional<double> map;  ///< mAP of the labelled samples with that program's embeddings, per cent
};
struct GateReport {
  std::optional<double> map;  ///< with the model's own
  std::vector<GateResult> results;
};

/// What a file must reach to be kept.
struct GateLimits {
  std::optional<double> lowest_cosine = 0.9999;
  double map_loss = 0.1;  ///< per cent
};
/// int8 rounds every vector a little; what counts is what is found with them.
inline constexpr GateLimits kInt8Limits{.lowest_cosine = std::nullopt, .map_loss = 0.3};

/// Runs an ONNX file in ONNX Runtime, and in OpenVINO where it is installed, at batches of 1, 3 and 32.
/// @param path    GateResult::path
/// @param python  an interpreter with onnxruntime and numpy; empty: Debian's with what `./dmf setup` installs
/// @throws Error  the interpreter cannot run it; the message is its own
GateReport run_gate(const std::filesystem::path& file, const std::string& path, const GateSamples& samples,
                    const std::string& python);

/// @throws Error  a result that does not reach the limits
void check_gate(const GateReport& report, const GateLimits& limits);

/// Runs a file of onnx::Products::Kind::kObserved in ONNX Runtime, and finds what its products read.
/// @param samples  `inputs` alone
/// @throws as run_gate
std::vector<onnx::ValueRange> observed_ranges(const std::filesystem::path& file, const GateSamples& samples,
                                              const std::string& python);

}  // namespace dmf::cli
