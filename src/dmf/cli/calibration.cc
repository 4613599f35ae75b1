#include "dmf/cli/calibration.h"

#include "dmf/core/error.h"
#include "dmf/weights/safetensors_metadata.h"

namespace dmf::cli {
namespace {

constexpr const char* kEntry = "calibration";

}  // namespace

void store_calibration(const std::filesystem::path& model, const nlohmann::json& calibration) {
  std::map<std::string, std::string> metadata = weights::read_safetensors_metadata(model);
  metadata[kEntry] = calibration.dump();
  weights::write_safetensors_metadata(model, metadata);
}

std::optional<nlohmann::json> load_calibration(const std::filesystem::path& model) {
  const std::map<std::string, std::string> metadata = weights::read_safetensors_metadata(model);
  const auto found = metadata.find(kEntry);
  if (found == metadata.end()) return std::nullopt;
  const nlohmann::json entry = nlohmann::json::parse(found->second, nullptr, false);
  DMF_CHECK(entry.is_object() && entry.contains("threshold") && entry["threshold"].is_number(), DataError,
            "{}: metadata `{}` is not one", model.string(), kEntry);
  return entry;
}

}  // namespace dmf::cli
