#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::translate {

/// Checkpoints that write_stand_in() knows: "data2vec-vision-base", "data2vec-text-base".
std::vector<std::string> stand_in_names();

/// Writes a folder in the form of a published checkpoint, with its architecture and sizes, but random
/// weights: to try a configuration, and what it costs in time and memory, where the checkpoint is not at
/// hand. Nothing that is trained on it says anything about the method.
///
/// Weights are drawn as the published ones were before their pre-training: normal with deviation 0.02, norms
/// 1, biases 0, layer scales 0.1. The text encoder's tokenizer knows the 256 bytes and no merges, so that a
/// text has about five times as many tokens as the published one gives it.
///
/// @param folder  gets config.json, model.safetensors and, for texts, vocab.json and merges.txt
/// @throws InvalidArgument  another name
/// @throws DataError        the folder cannot be written
void write_stand_in(const std::string& name, const std::filesystem::path& folder, uint64_t seed);

}  // namespace dmf::translate
