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
  weights::NamedTensors best;   ///< of the model, at its best validation; empty where none is kept
  nlohmann::json progress = nlohmann::json::object();       ///< figures so far, see StageRunner
  nlohmann::json configuration = nlohmann::json::object();  ///< the run's options
  nlohmann::json data = nlohmann::json::object();           ///< stage → dataset's title and fingerprint
};

/// Writes `folder`/newest.safetensors, whole or not at all; what was the newest becomes
/// `folder`/previous.safetensors. A process that is killed at any moment leaves at least one whole checkpoint
/// (from the second on). A digest of everything is kept, so that a damaged file is known when it is read.
/// @throws DataError  the folder or file cannot be written; the checkpoints that there were are as they were
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// The newest checkpoint. Where that is damaged or missing, the one before it, with a warning; the damaged
/// file is moved aside (damaged.safetensors). Nothing where there is none at all.
/// @throws DataError  there are files, but none is whole; each is named with what is wrong with it
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder);

/// Throws where a run's options or data are not those the checkpoint was made with: another training would
/// come of it. The message names each difference. What changes no weight may differ: tables [train], [embed]
/// and [eval], where data and caches lie (the data's fingerprints tell whether it is the same).
/// @throws InvalidArgument  other options
/// @throws DataError        a dataset that has changed
void check_same_run(const Checkpoint& checkpoint, const nlohmann::json& configuration,
                    const nlohmann::json& data, const std::filesystem::path& folder);

}  // namespace dmf::train
