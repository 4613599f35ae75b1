#pragma once
#include <filesystem>

#include "dmf/weights/tensors.h"

namespace dmf::weights {

/// The file that read_checkpoint reads first: `path` itself where it is a file; of a folder the first of
/// model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json that is
/// there, else its only *.safetensors, *.pth, *.pt or *.bin.
/// @throws DataError  no such path; a folder without weights, or with several files of weights that bear
/// other names
std::filesystem::path checkpoint_file(const std::filesystem::path& path);

/// Whether a file has one of those four names: what lies beside it then belongs to the same checkpoint.
bool has_usual_name(const std::filesystem::path& file);

/// Reads a checkpoint: a file of weights (read_tensors), a Hugging Face folder that holds one, or one that is
/// cut into shards: `*.index.json` with {"weight_map": {tensor: shard}}, shards beside it.
/// @param path  file, index or folder
/// @return      all tensors by the checkpoint's names, as read_tensors gives them
/// @throws DataError  as checkpoint_file and read_tensors; a broken index; one message with every shard that
///                    is missing and every tensor that is absent, in another shard than listed, or in two
NamedTensors read_checkpoint(const std::filesystem::path& path);

}  // namespace dmf::weights
