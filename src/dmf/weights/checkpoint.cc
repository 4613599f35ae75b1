#include "dmf/weights/checkpoint.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/weights/tensor_file.h"

namespace dmf::weights {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndexEnding = ".index.json";
constexpr std::array kUsualNames = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                    "pytorch_model.bin.index.json"};
constexpr std::array kEndings = {".safetensors", ".pth", ".pt", ".bin"};

/// Names of the shards by the tensors that the index says they hold.
std::map<std::string, std::string> weight_map(const fs::path& index) {
  const nlohmann::json json = nlohmann::json::parse(read_text(index), nullptr, false);
  const bool has_map = json.is_object() && json.contains("weight_map") && json["weight_map"].is_object();
  DMF_CHECK(has_map && !json["weight_map"].empty(), DataError,
            "{}: not an index of shards: expected an object `weight_map` of tensors and their files",
            index.string());
  std::map<std::string, std::string> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    DMF_CHECK(shard.is_string(), DataError, "{}: weight_map: `{}`: expected a file name, got {}",
              index.string(), tensor, shard.dump());
    const fs::path name = shard.get<std::string>();
    DMF_CHECK(!name.empty() && name == name.filename() && name != "." && name != "..", DataError,
              "{}: weight_map: `{}`: expected the name of a file beside the index, got `{}`", index.string(),
              tensor, name.string());
    shards[tensor] = name.string();
  }
  return shards;
}

NamedTensors read_shards(const fs::path& index) {
  const std::map<std::string, std::string> listed = weight_map(index);
  std::map<std::string, std::string> found_in;  // tensor → shard
  std::map<std::string, bool> is_there;         // by shard
  std::vector<std::string> problems;
  NamedTensors tensors;
  for (const auto& [tensor, shard] : listed) {
    if (is_there.contains(shard)) continue;
    is_there[shard] = fs::exists(index.parent_path() / shard);
    if (!is_there[shard]) {
      problems.push_back(fmt::format("shard {} is missing", shard));
      continue;
    }
    for (auto& [name, value] : read_tensors(index.parent_path() / shard)) {
      const auto [before, is_new] = found_in.try_emplace(name, shard);
      if (!is_new)
        problems.push_back(fmt::format("tensor {} is in {} and in {}", name, before->second, shard));
      const auto expected = listed.find(name);
      if (expected != listed.end() && expected->second != shard) {
        problems.push_back(
            fmt::format("tensor {} is listed in {} but is in {}", name, expected->second, shard));
      }
      tensors[name] = std::move(value);
    }
  }
  for (const auto& [tensor, shard] : listed) {
    if (is_there[shard] && !found_in.contains(tensor))
      problems.push_back(fmt::format("tensor {} is listed in {} but is in no shard", tensor, shard));
  }
  DMF_CHECK(problems.empty(), DataError,
            "{}: the shards are not what the index lists ({} problems); hint: copy all files of the "
            "checkpoint again\n    {}",
            index.string(), problems.size(), fmt::join(problems, "\n    "));
  return tensors;
}

}  // namespace

bool has_usual_name(const fs::path& file) {
  return std::find(kUsualNames.begin(), kUsualNames.end(), file.filename()) != kUsualNames.end();
}

fs::path checkpoint_file(const fs::path& path) {
  DMF_CHECK(fs::exists(path), DataError, "{}: no such file or folder", path.string());
  if (!fs::is_directory(path)) return path;
  for (const char* name : kUsualNames) {
    if (fs::exists(path / name)) return path / name;
  }
  std::vector<std::string> others;
  for (const auto& entry : fs::directory_iterator(path)) {
    const std::string ending = entry.path().extension().string();
    if (std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end())
      others.push_back(entry.path().filename().string());
  }
  std::sort(others.begin(), others.end());
  DMF_CHECK(!others.empty(), DataError, "{}: no weights in this folder ({}, *.pth, *.pt)", path.string(),
            fmt::join(kUsualNames, ", "));
  DMF_CHECK(others.size() == 1, DataError,
            "{}: several files of weights in this folder; hint: name the one that is meant: {}",
            path.string(), fmt::join(others, ", "));
  return path / others.front();
}

NamedTensors read_checkpoint(const fs::path& path) {
  const fs::path file = checkpoint_file(path);
  return file.string().ends_with(kIndexEnding) ? read_shards(file) : read_tensors(file);
}

}  // namespace dmf::weights
