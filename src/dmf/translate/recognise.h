#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// What a checkpoint is.
struct CheckpointKind {
  std::string encoder;  ///< ImageEncoderOptions::name that reads it; empty: no image encoder of ours
  std::string what;     ///< in words, for messages; empty: not known
  std::string hint;     ///< what the user can do with it
};

/// Recognises a checkpoint by the `model_type` of its config.json, else by its tensors' names.
/// @param config   null where there is none
/// @param tensors  may be empty where the config tells
CheckpointKind recognise(const nlohmann::json& config, const weights::NamedTensors& tensors);

/// A JSON file of a checkpoint folder ("config.json"), or null where it is not there. For a single file of
/// weights the one beside it counts only where the file has a checkpoint folder's usual name.
/// @param path  folder or file
/// @throws DataError  it is no JSON object
nlohmann::json json_of_checkpoint(const std::filesystem::path& path, const std::string& name);

/// Where json_of_checkpoint looks, for messages.
std::filesystem::path json_path(const std::filesystem::path& path, const std::string& name);

/// @throws DataError  where `kind` is known and is not the image encoder `name`: what it is and which option
///                    reads it
void check_kind(const CheckpointKind& kind, const std::string& name, const std::string& where);

}  // namespace dmf::translate
