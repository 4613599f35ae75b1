#include "dmf/train/checkpoint.h"

#include <fmt/ranges.h>

#include "dmf/core/error.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::train {
namespace {

constexpr const char* kFormat = "dmf checkpoint 1";
constexpr const char* kModel = "model/";
constexpr const char* kState = "state/";

std::filesystem::path file_of(const std::filesystem::path& folder) { return folder / "state.safetensors"; }

/// "key: now x, then y" for each value that differs.
std::vector<std::string> differences(const nlohmann::json& now, const nlohmann::json& then) {
  const nlohmann::json flat_now = now.flatten(), flat_then = then.flatten();
  std::vector<std::string> list;
  const auto add = [&](const std::string& key) {
    const nlohmann::json a = flat_now.value(key, nlohmann::json()),
                         b = flat_then.value(key, nlohmann::json());
    if (a == b || key.starts_with("/train/")) return;
    std::string name = key.substr(1);
    std::replace(name.begin(), name.end(), '/', '.');
    list.push_back(fmt::format("`{}` is {}, was {}", name, a.dump(), b.dump()));
  };
  for (const auto& [key, value] : flat_now.items()) add(key);
  for (const auto& [key, value] : flat_then.items()) {
    if (!flat_now.contains(key)) add(key);
  }
  return list;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  DMF_CHECK(!failed, DataError, "{}: cannot make the folder: {}", folder.string(), failed.message());
  weights::NamedTensors tensors;
  for (const auto& [name, tensor] : checkpoint.model) tensors[kModel + name] = tensor.detach().cpu();
  for (const auto& [name, tensor] : checkpoint.state) tensors[kState + name] = tensor.detach().cpu();
  weights::write_safetensors(file_of(folder), tensors,
                             {{"format", kFormat},
                              {"stage", checkpoint.stage},
                              {"step", std::to_string(checkpoint.step)},
                              {"identities", std::to_string(checkpoint.identities)},
                              {"configuration", checkpoint.configuration.dump()},
                              {"data", checkpoint.data.dump()}});
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(file_of(folder))) return std::nullopt;
  const std::string where = file_of(folder).string();
  auto [tensors, metadata] = weights::read_safetensors(file_of(folder));
  DMF_CHECK(metadata["format"] == kFormat, DataError, "{}: expected a `{}`, got `{}`", where, kFormat,
            metadata["format"]);
  const auto parse = [&, &entries = metadata](const char* key) {
    const nlohmann::json value = nlohmann::json::parse(entries[key], nullptr, false);
    DMF_CHECK(!value.is_discarded(), DataError, "{}: metadata `{}` is missing or broken", where, key);
    return value;
  };
  Checkpoint checkpoint;
  checkpoint.stage = metadata["stage"];
  checkpoint.step = parse("step").get<int64_t>();
  checkpoint.identities = parse("identities").get<int64_t>();
  checkpoint.configuration = parse("configuration");
  checkpoint.data = parse("data");
  for (auto& [name, tensor] : tensors) {
    if (name.starts_with(kModel)) checkpoint.model[name.substr(std::string(kModel).size())] = tensor;
    if (name.starts_with(kState)) checkpoint.state[name.substr(std::string(kState).size())] = tensor;
  }
  return checkpoint;
}

void check_same_run(const Checkpoint& checkpoint, const nlohmann::json& configuration,
                    const nlohmann::json& data, const std::filesystem::path& folder) {
  std::vector<std::string> list = differences(configuration, checkpoint.configuration);
  for (const std::string& difference : differences(data, checkpoint.data))
    list.push_back("data " + difference);
  DMF_CHECK(
      list.empty(), InvalidArgument,
      "{}: cannot resume, the run was another one: {}; hint: give the same options and data, or a new folder",
      folder.string(), fmt::join(list, "; "));
}

}  // namespace dmf::train
