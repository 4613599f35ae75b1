#include "dmf/data/mixture.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/dataset.h"

namespace dmf::data {
namespace {

/// Adds a dataset's train split to the mixture, its numbers counted on from those there are.
void add_part(Dataset& mixture, Dataset part) {
  int64_t identity_base = mixture.parts.empty() ? 0 : mixture.parts.back().last_identity;
  int64_t camera_base = 0, last_identity = identity_base;
  for (const Record& record : mixture.train) camera_base = std::max(camera_base, record.camera + 1);
  for (Record& record : part.train) {
    if (record.identity > kDistractor) record.identity += identity_base;
    if (record.camera != kNoCamera) record.camera += camera_base;
    last_identity = std::max(last_identity, record.identity);
    mixture.train.push_back(std::move(record));
  }
  for (auto& [identity, attributes] : part.attributes) {
    if (identity + identity_base <= last_identity)  // others are of query and gallery
      mixture.attributes[identity + identity_base] = std::move(attributes);
  }
  mixture.identity_names.resize(static_cast<size_t>(last_identity) + 1);
  for (int64_t identity = identity_base + 1; identity <= last_identity; ++identity) {
    mixture.identity_names[static_cast<size_t>(identity)] =
        part.title + "/" + identity_name(part, identity - identity_base);
  }
  for (const auto& [kind, count] : part.warnings) mixture.warnings[kind] += count;
  mixture.has_cameras = mixture.has_cameras && part.has_cameras;
  mixture.parts.push_back({part.title, last_identity});
}

}  // namespace

std::vector<std::string> mixture_parts(const std::string& spec) {
  if (std::filesystem::exists(spec)) return {spec};
  const std::string_view sign = kMixtureSign;
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end; (end = spec.find(sign, start)) != std::string::npos; start = end + sign.size())
    parts.push_back(spec.substr(start, end - start));
  parts.push_back(spec.substr(start));
  return parts;
}

Dataset mixture_of(const std::string& spec, std::vector<Dataset> datasets) {
  Dataset mixture;
  mixture.name = "mixture";
  mixture.spec = spec;
  mixture.has_cameras = true;
  std::string fingerprints;
  std::vector<std::string> seen;
  for (Dataset& dataset : datasets) {
    require_split(dataset, Split::kTrain);
    DMF_CHECK(std::find(seen.begin(), seen.end(), dataset.fingerprint) == seen.end(), InvalidArgument,
              "[dataset] {}: `{}` is in the mixture twice", spec, dataset.spec);
    seen.push_back(dataset.fingerprint);
    fingerprints += dataset.fingerprint + "\n";
    mixture.title += (mixture.title.empty() ? "" : "+") + dataset.title;
    mixture.root = mixture.title;
    add_part(mixture, std::move(dataset));
  }
  mixture.fingerprint = fingerprint(fingerprints);
  return mixture;
}

}  // namespace dmf::data
