#pragma once
#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "dmf/weights/pickle.h"
#include "dmf/weights/tensors.h"

namespace dmf::weights {

/// The storages of a checkpoint: by key, tensors [count] that own their memory.
using Storages = std::map<std::string, torch::Tensor>;

/// Every storage that a pickle names, once, by key.
/// @throws DataError  a key stands for two storages of different type or length
std::map<std::string, const PickledStorage*> named_storages(const Pickle& pickle, const std::string& where);

/// The tensors of a checkpoint under their joined names (read_pytorch tells the rules).
/// @param storages    holds every storage that `pickle` names
/// @param file_bytes  length of the file: tensors that share storages may take at most four times as much
/// @throws DataError  a tensor reaches beyond its storage, a name stands twice, there is no tensor
NamedTensors tensors_of_pickle(const Pickle& pickle, const Storages& storages, size_t file_bytes,
                               const std::string& where);

/// Reads torch.save's zip format (PyTorch 1.6 and newer).
NamedTensors read_pytorch_zip(const std::filesystem::path& path);

/// Reads torch.save's older format: five pickles (magic number, version, machine, object, storages' keys),
/// then each storage as an 8-byte number of elements and the elements.
NamedTensors read_pytorch_legacy(const std::filesystem::path& path);

}  // namespace dmf::weights
