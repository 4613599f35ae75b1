#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/core/file.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/weights/tensor_file.h"

/// For the tests: vision transformers whose weights tools/make_vision_golden.py computes too.
namespace dmf::translate::golden {

/// A tensor by its name without the file's prefix: what is added or multiplied must show in the output.
inline torch::Tensor vision_weight(const std::string& name, const std::vector<int64_t>& sizes) {
  const auto ends = [&](const char* ending) { return name.ends_with(ending); };
  if (ends("lambda_1") || ends("lambda_2") || ends("lambda1") || ends("gamma"))
    return 0.5 + 0.25 * values(name, sizes);
  if (sizes.size() == 3 || ends("bias_table") || ends("mask_token")) return values(name, sizes);
  return weight(name, sizes);
}

/// A model of vision.json: its config.json (null: it has none) and its checkpoint's tensors.
struct VisionModel {
  nlohmann::json config;
  weights::NamedTensors tensors;
};

inline VisionModel vision_model(const std::filesystem::path& golden_folder, const std::string& name) {
  static const nlohmann::json all =
      nlohmann::json::parse(read_text(golden_folder / "translate" / "vision.json"));
  VisionModel model{all.at(name).at("config"), {}};
  for (const auto& [full, sizes] : all.at(name).at("tensors").items()) {
    std::string bare = full;
    for (const std::string prefix : {"data2vec_vision.", "base."}) {
      if (bare.starts_with(prefix)) bare.erase(0, prefix.size());
    }
    model.tensors[full] = vision_weight(bare, sizes.get<std::vector<int64_t>>());
  }
  return model;
}

/// Writes a checkpoint folder.
inline void write_checkpoint(const VisionModel& model, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  if (!model.config.is_null()) write_text(folder / "config.json", model.config.dump());
  weights::write_safetensors(folder / "model.safetensors", model.tensors);
}

}  // namespace dmf::translate::golden
