#include "dmf/data/inspection.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/data/inspect_images.h"

namespace dmf::data {
namespace {

/// Identities of a split, with the number of their images.
std::map<int64_t, int64_t> images_by_person(const std::vector<Record>& records) {
  std::map<int64_t, int64_t> result;
  auto last = result.end();  // records of a person mostly stand together
  for (const Record& record : records) {
    if (record.identity <= kDistractor) continue;
    if (last == result.end() || last->first != record.identity)
      last = result.try_emplace(record.identity, 0).first;
    ++last->second;
  }
  return result;
}

SplitCounts count(const std::vector<Record>& records) {
  SplitCounts counts;
  std::set<int64_t> cameras;
  counts.images = static_cast<int64_t>(records.size());
  for (const Record& record : records) {
    if (record.camera != kNoCamera) cameras.insert(record.camera);
    counts.junk += record.identity == kJunk;
    counts.distractors += record.identity == kDistractor;
    counts.captioned += !record.captions.empty();
    counts.captions += static_cast<int64_t>(record.captions.size());
  }
  counts.cameras = static_cast<int64_t>(cameras.size());
  for (const auto& [identity, images] : images_by_person(records)) {
    ++counts.identities;
    counts.of_one_image += images == 1;
  }
  return counts;
}

void look_at_identities(const Dataset& dataset, Inspection& inspection) {
  const auto train = images_by_person(dataset.train), query = images_by_person(dataset.query),
             gallery = images_by_person(dataset.gallery);
  for (const auto& [identity, images] : train) {
    if (query.contains(identity) || gallery.contains(identity))
      inspection.leaking.push_back(identity_name(dataset, identity));
  }
  for (const auto& [identity, images] : query) {
    if (!gallery.contains(identity)) inspection.absent.push_back(identity_name(dataset, identity));
  }
}

void look_at_cameras(const Dataset& dataset, Inspection& inspection) {
  std::set<int64_t> cameras;
  for (const auto* records : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (const Record& record : *records) {
      if (record.camera != kNoCamera) cameras.insert(record.camera);
    }
  }
  inspection.cameras.assign(cameras.begin(), cameras.end());
  // RandPerson's cameras are numbered by scene, FineGPR's subset has four viewpoints: gaps mean nothing
  // there.
  if (cameras.empty() || dataset.name == "randperson" || dataset.name == "finegpr") return;
  for (int64_t camera = *cameras.begin(); camera < *cameras.rbegin(); ++camera) {
    if (!cameras.contains(camera)) inspection.missing_cameras.push_back(camera);
  }
}

void look_at_captions(const Dataset& dataset, Inspection& inspection) {
  const SplitCounts& train = inspection.splits[0];
  // Test images need none.
  if (train.captioned > 0) inspection.without_caption = train.images - train.captioned;
  const auto found = dataset.warnings.find("caption without its image");
  if (found != dataset.warnings.end()) inspection.captions_without_image = found->second;
}

/// "3 of them: a, b, c …"
std::string some(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " …" : text;
}

std::string names_of(const Dataset& dataset, const SameImages& same) {
  std::vector<std::string> names;
  for (const uint32_t image : same.images)
    names.push_back(record_at(dataset, image).path.below(dataset.root.string()));
  return some(names);
}

void add_broken(std::vector<std::string>& result, const char* what, const std::vector<BrokenFile>& files) {
  if (files.empty()) return;
  std::vector<std::string> reasons;
  for (const BrokenFile& file : files) reasons.push_back(file.reason);
  result.push_back(fmt::format("{}: {}: {}", what, files.size(), some(reasons)));
}

}  // namespace

const Record& record_at(const Dataset& dataset, uint32_t index) {
  size_t i = index;
  for (const auto* records : {&dataset.train, &dataset.query}) {
    if (i < records->size()) return (*records)[i];
    i -= records->size();
  }
  return dataset.gallery.at(i);
}

Inspection inspect_dataset(const Dataset& dataset, const InspectionOptions& options) {
  Inspection inspection;
  inspection.splits = {count(dataset.train), count(dataset.query), count(dataset.gallery)};
  inspection.published = nearest_form(dataset);
  inspection.has_published_counts = matching_form(dataset).has_value();
  look_at_identities(dataset, inspection);
  look_at_cameras(dataset, inspection);
  look_at_captions(dataset, inspection);
  if (options.reads_images) inspection.images = inspect_images(dataset, options);
  return inspection;
}

std::vector<std::string> problems(const Dataset& dataset, const Inspection& inspection) {
  std::vector<std::string> result;
  if (!inspection.leaking.empty()) {
    result.push_back(fmt::format("identities in both train and test: {}: {}", inspection.leaking.size(),
                                 some(inspection.leaking)));
  }
  if (!inspection.images) return result;
  const ImageInspection& images = *inspection.images;
  add_broken(result, "empty files", images.empty);
  add_broken(result, "unreadable files", images.unreadable);
  const auto add_groups = [&](const char* what, bool SameImages::*is_so) {
    const auto first =
        std::find_if(images.same.begin(), images.same.end(), [&](const SameImages& s) { return s.*is_so; });
    if (first == images.same.end()) return;
    const auto groups =
        std::count_if(first, images.same.end(), [&](const SameImages& s) { return s.*is_so; });
    result.push_back(fmt::format("{}: {}, e.g. {}", what, groups, names_of(dataset, *first)));
  };
  add_groups("the same file under several identities", &SameImages::is_of_several_identities);
  add_groups("the same file in both train and test", &SameImages::crosses_splits);
  return result;
}

}  // namespace dmf::data
