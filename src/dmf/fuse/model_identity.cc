#include "dmf/fuse/model_identity.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/safetensors_metadata.h"

namespace dmf::fuse {

std::string model_identity(const std::filesystem::path& model) {
  const auto metadata = weights::read_safetensors_metadata(model);
  const auto options = metadata.find("options");
  DMF_CHECK(options != metadata.end(), DataError, "{}: not a model file: metadata `options` is missing",
            model.string());
  return fingerprint(weights::tensors_fingerprint(model) + options->second);
}

}  // namespace dmf::fuse
