#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "dmf/fuse/model.h"

namespace dmf::fuse {

/// What a model file says beside its weights and the options needed to use them.
struct ModelDescription {
  nlohmann::json configuration = nlohmann::json::object();  ///< the run's options, {"table": {"key": value}}
  nlohmann::json training = nlohmann::json::object();  ///< datasets, fingerprints, protocol, seed, revision
};

/// A model ready for use.
struct LoadedModel {
  DmfModel model;
  std::shared_ptr<translate::TextEncoder> text_encoder;  ///< null where the file has none
  ModelDescription description;
  std::string created;  ///< when it was written
};

/// Writes one safetensors file that is enough to deploy: all weights, both encoders' with vocabulary and
/// preprocessing among them; as metadata the options, the number of identities and the description; and a
/// canary: inputs made by a formula with the embeddings that this model gives them in float32.
/// @param text_encoder  may be null: then the loaded model embeds no sentences
/// @throws DataError  the file cannot be written; it appears whole or not at all
void save_model(const std::filesystem::path& path, const DmfModel& model,
                const std::shared_ptr<translate::TextEncoder>& text_encoder,
                const ModelDescription& description);

/// Reads what save_model wrote, on the CPU, and checks that the canary's embeddings come out again (each
/// cosine >= 0.999).
/// @throws DataError  naming file and cause: no model file, one of a newer format, tensors missing or
///   misshaped, a canary that is not reproduced
LoadedModel load_model(const std::filesystem::path& path);

}  // namespace dmf::fuse
