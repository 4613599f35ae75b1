#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

namespace dmf::cli {

/// Stores a calibrated threshold in a model file's metadata, as the entry `calibration`: {"far", "metric",
/// "threshold", "threshold_interval", "dataset", "labels_fingerprint", "setting"}. The weights are copied
/// byte by byte; the file is replaced whole.
/// @throws DataError  not a safetensors file; the disk is full
void store_calibration(const std::filesystem::path& model, const nlohmann::json& calibration);

/// What was stored; nothing where the model was never calibrated.
/// @throws DataError  not a safetensors file, or the entry is broken
std::optional<nlohmann::json> load_calibration(const std::filesystem::path& model);

}  // namespace dmf::cli
