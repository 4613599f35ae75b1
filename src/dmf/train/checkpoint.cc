#include "dmf/train/checkpoint.h"

#include <fmt/ranges.h>

#include <array>
#include <map>
#include <string_view>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/shape.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "dmf checkpoint 2";
constexpr const char* kModel = "model/";
constexpr const char* kState = "state/";
constexpr const char* kBest = "best/";

fs::path newest_of(const fs::path& folder) { return folder / "newest.safetensors"; }
fs::path previous_of(const fs::path& folder) { return folder / "previous.safetensors"; }

/// Of all that the file says, but the digest itself.
std::string digest_of(const weights::NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata) {
  Sha256 digest;
  for (const auto& [key, value] : metadata) {
    if (key != "digest") digest.add(key).add("=").add(value).add("\n");
  }
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor values = tensor.contiguous();
    digest.add(
        fmt::format("{} {} {}\n", name, c10::toString(values.scalar_type()), shape_text(values.sizes())));
    digest.add(std::string_view(static_cast<const char*>(values.data_ptr()), values.nbytes()));
  }
  return digest.hex();
}

/// @throws DataError  the file is damaged or no checkpoint
Checkpoint read_checkpoint(const fs::path& path) {
  auto [tensors, metadata] = weights::read_safetensors(path);
  const std::string where = path.string();
  DMF_CHECK(metadata["format"] == kFormat, DataError, "{}: expected a `{}`, got `{}`", where, kFormat,
            metadata["format"]);
  DMF_CHECK(metadata["digest"] == digest_of(tensors, metadata), DataError,
            "{}: its content does not fit its digest: bytes have changed since it was written", where);
  const auto parse = [&, &entries = metadata](const char* key) {
    const nlohmann::json value = nlohmann::json::parse(entries[key], nullptr, false);
    DMF_CHECK(!value.is_discarded(), DataError, "{}: metadata `{}` is missing or broken", where, key);
    return value;
  };
  Checkpoint checkpoint;
  checkpoint.stage = metadata["stage"];
  checkpoint.step = parse("step").get<int64_t>();
  checkpoint.identities = parse("identities").get<int64_t>();
  checkpoint.progress = parse("progress");
  checkpoint.configuration = parse("configuration");
  checkpoint.data = parse("data");
  for (const auto& [prefix, part] : {std::pair(std::string(kModel), &checkpoint.model),
                                     {std::string(kState), &checkpoint.state},
                                     {std::string(kBest), &checkpoint.best}}) {
    for (auto& [name, tensor] : tensors) {
      if (name.starts_with(prefix)) (*part)[name.substr(prefix.size())] = tensor;
    }
  }
  return checkpoint;
}

/// Whether a run with another value gives other weights.
bool changes_weights(const std::string& key) {
  static constexpr std::array<std::string_view, 3> kTables{"/train/", "/embed/", "/eval/"};
  static constexpr std::array<std::string_view, 5> kKeys{"/run/train", "/run/pretrain", "/run/test",
                                                         "/run/validation", "/run/cache"};
  for (const std::string_view table : kTables) {
    if (key.starts_with(table)) return false;
  }
  for (const std::string_view one : kKeys) {
    if (key == one || key.starts_with(std::string(one) + "/")) return false;
  }
  return true;
}

/// "`key` is x, was y" for each value that differs.
std::vector<std::string> differences(const nlohmann::json& now, const nlohmann::json& then) {
  const nlohmann::json flat_now = now.flatten(), flat_then = then.flatten();
  std::vector<std::string> list;
  const auto add = [&](const std::string& key) {
    const nlohmann::json a = flat_now.value(key, nlohmann::json()),
                         b = flat_then.value(key, nlohmann::json());
    if (a == b || !changes_weights(key)) return;
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

void save_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  DMF_CHECK(!failed, DataError, "{}: cannot make the folder: {}", folder.string(), failed.message());
  weights::NamedTensors tensors;
  for (const auto& [prefix, part] :
       {std::pair(kModel, &checkpoint.model), {kState, &checkpoint.state}, {kBest, &checkpoint.best}}) {
    for (const auto& [name, tensor] : *part) tensors[prefix + name] = tensor.detach().cpu().contiguous();
  }
  std::map<std::string, std::string> metadata{{"format", kFormat},
                                              {"stage", checkpoint.stage},
                                              {"step", std::to_string(checkpoint.step)},
                                              {"identities", std::to_string(checkpoint.identities)},
                                              {"progress", checkpoint.progress.dump()},
                                              {"configuration", checkpoint.configuration.dump()},
                                              {"data", checkpoint.data.dump()}};
  metadata["digest"] = digest_of(tensors, metadata);
  // Until `next` is whole and on the disk nothing that is there is touched. Killed between the two renames,
  // a run goes on from what is `previous` then.
  const fs::path next = folder / "next.safetensors";
  weights::write_safetensors(next, tensors, metadata);
  if (fs::exists(newest_of(folder))) fs::rename(newest_of(folder), previous_of(folder), failed);
  if (!failed) fs::rename(next, newest_of(folder), failed);
  DMF_CHECK(!failed, DataError, "{}: cannot rename: {}", next.string(), failed.message());
}

std::optional<Checkpoint> load_checkpoint(const fs::path& folder) {
  const fs::path newest = newest_of(folder), previous = previous_of(folder);
  const bool has_newest = fs::exists(newest), has_previous = fs::exists(previous);
  if (!has_newest && !has_previous) return std::nullopt;
  std::string problem = fmt::format("{} is missing", newest.string());
  if (has_newest) {
    try {
      return read_checkpoint(newest);
    } catch (const DataError& error) {
      problem = error.what();
    }
  }
  DMF_CHECK(has_previous, DataError,
            "{}; there is no checkpoint before it; hint: start anew in another folder", problem);
  try {
    Checkpoint checkpoint = read_checkpoint(previous);
    spdlog::warn("{}; going on from the checkpoint before it, {} step {}", problem, checkpoint.stage,
                 checkpoint.step);
    // Out of the way: it must not take the place of the one that is whole when the next is written.
    if (has_newest) fs::rename(newest, folder / "damaged.safetensors");
    return checkpoint;
  } catch (const DataError& error) {
    throw DataError(
        fmt::format("{}; the checkpoint before it is no help: {}; hint: start anew in another folder",
                    problem, error.what()));
  }
}

void check_same_run(const Checkpoint& checkpoint, const nlohmann::json& configuration,
                    const nlohmann::json& data, const fs::path& folder) {
  const std::vector<std::string> options = differences(configuration, checkpoint.configuration);
  DMF_CHECK(options.empty(), InvalidArgument,
            "{}: cannot resume, the run was another one: {}; hint: give the same options, or a new folder",
            folder.string(), fmt::join(options, "; "));
  for (const auto& [stage, now] : data.items()) {
    const nlohmann::json then = checkpoint.data.value(stage, nlohmann::json::object());
    const std::string fingerprint = now.value("fingerprint", ""), before = then.value("fingerprint", "");
    if (fingerprint == before) continue;
    throw DataError(Expectation{
        folder.string(),
        fmt::format("cannot resume, the data of stage {} is not what the run was begun with", stage),
        fmt::format("{} of fingerprint {}", then.value("title", "a dataset"), before),
        fmt::format(
            "{} of fingerprint {}: images were added, removed, renamed or changed in size, or words changed",
            now.value("title", "a dataset"), fingerprint),
        "bring the dataset back as it was, or start anew in another folder"}
                        .message());
  }
}

}  // namespace dmf::train
