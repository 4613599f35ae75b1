#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "dmf/weights/tensors.h"

namespace dmf::train {

/// A moment of a run: all that is needed to go on exactly as if it had never stopped.
struct Checkpoint {
  std::string stage;            ///< "pretrain" or "finetune"
  int64_t step = 0;             ///< steps of the stage that are done
  int64_t identities = 0;       ///< classes of the model's head
  weights::NamedTensors model;  ///< fuse::DmfModel::tensors()
  weights::NamedTensors state;  ///< Trainer::state(); empty where the stage is done
  nlohmann::json configuration = nlohmann::json::object();  ///< the run's options
  nlohmann::json data = nlohmann::json::object();           ///< stage → fingerprint of what it trains on
};

/// Writes `folder`/state.safetensors, whole or not at all.
/// @throws DataError  the folder or file cannot be written
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// What save_checkpoint wrote; nothing where there is no such file.
/// @throws DataError  the file is damaged or no checkpoint
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder);

/// Throws InvalidArgument where a run's options or data are not those the checkpoint was made with: another
/// training would come of it. The message names each difference. Table [train] may differ: it changes no
/// weight.
void check_same_run(const Checkpoint& checkpoint, const nlohmann::json& configuration,
                    const nlohmann::json& data, const std::filesystem::path& folder);

}  // namespace dmf::train
