#include "dmf/data/reading.h"

#include <algorithm>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/file_name.h"

namespace dmf::data {
namespace {

constexpr Split kSplits[] = {Split::kTrain, Split::kQuery, Split::kGallery};

const std::vector<Record>& records_of(const Dataset& dataset, Split split) {
  return split == Split::kTrain ? dataset.train : split == Split::kQuery ? dataset.query : dataset.gallery;
}

/// Persons of a split: neither junk nor distractors.
std::set<int64_t> persons_of(const std::vector<Record>& records) {
  std::set<int64_t> result;
  int64_t last = kJunk;  // records of a person mostly stand together
  for (const Record& record : records) {
    if (record.identity > kDistractor && record.identity != last) result.insert(record.identity);
    last = record.identity;
  }
  return result;
}

void check_cameras(Reading& reading) {
  int64_t with = 0, all = 0;
  for (const Split split : kSplits) {
    for (const Record& record : reading.split(split)) {
      ++all;
      with += record.camera != kNoCamera;
    }
  }
  reading.dataset.has_cameras = with == all;
  if (with == 0 || with == all) return;
  for (const Split split : kSplits) {
    for (Record& record : reading.split(split)) {
      if (record.camera == kNoCamera) {
        reading.warnings.add("image without a camera where others have one (no cameras are used)",
                             record.path.string());
      }
      record.camera = kNoCamera;
    }
  }
}

void check_identities(Reading& reading, const std::function<std::string()>& hint) {
  const Dataset& dataset = reading.dataset;
  const std::set<int64_t> train = persons_of(dataset.train), query = persons_of(dataset.query);
  const std::set<int64_t> gallery = persons_of(dataset.gallery);
  for (const int64_t identity : query) {
    if (train.contains(identity)) {
      reading.warnings.add("identity in both train and query", identity_name(dataset, identity));
    }
    if (!gallery.contains(identity)) {
      reading.warnings.add("query identity missing from the gallery", identity_name(dataset, identity));
    }
  }
  if (!dataset.train.empty() && train.size() < 2) {
    throw DataError(Expectation{dataset.root.string(), "too few identities to tell apart",
                                "at least 2 in train", std::to_string(train.size()), hint()}
                        .message());
  }
}

}  // namespace

std::vector<Record>& Reading::split(Split split) {
  return split == Split::kTrain ? dataset.train : split == Split::kQuery ? dataset.query : dataset.gallery;
}

void Reading::add_named(std::vector<NamedRecord> records) {
  std::map<std::string, int64_t> number_from_name;
  for (const NamedRecord& named : records) number_from_name.emplace(named.identity_name, 0);
  dataset.identity_names.assign(1, "");  // 0 is kept for distractors
  for (auto& [name, number] : number_from_name) {
    number = static_cast<int64_t>(dataset.identity_names.size());
    dataset.identity_names.push_back(name);
  }
  for (NamedRecord& named : records) {
    named.record.identity = number_from_name.at(named.identity_name);
    split(named.split).push_back(std::move(named.record));
  }
}

std::string relative_name(const ImagePath& path, const std::filesystem::path& root) {
  std::string name = path.below(root.string());
  if (name.size() < path.string().size()) return name;
  return std::filesystem::path(path).lexically_relative(root).generic_string();
}

bool is_image(const std::filesystem::path& path, WarningCounter& warnings) {
  if (std::filesystem::is_regular_file(path) && has_image_extension(path)) return true;
  const bool leads_nowhere = std::filesystem::is_symlink(path) && !std::filesystem::exists(path);
  warnings.add(
      leads_nowhere ? "link to a file that is not there, left out" : "file of an unknown type, left out",
      path.string());
  return false;
}

std::string name_message(const std::filesystem::path& path, const std::string& form) {
  return Expectation{path.string(), "identity and camera cannot be read from the name", form,
                     path.filename().string(), "for other names use csv: or folder:"}
      .message();
}

std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  DMF_CHECK(!error, DataError, "{}: cannot be listed: {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void check_reading(Reading& reading, const std::function<std::string()>& hint) {
  const Dataset& dataset = reading.dataset;
  if (dataset.train.empty() && dataset.query.empty() && dataset.gallery.empty()) {
    throw DataError(Expectation{dataset.root.string(), "no image in the dataset", "", "", hint()}.message());
  }
  for (const Split split : kSplits) {
    std::vector<Record>& records = reading.split(split);
    const auto before = [](const Record& a, const Record& b) { return a.path < b.path; };
    if (!std::is_sorted(records.begin(), records.end(), before))
      std::stable_sort(records.begin(), records.end(), before);
  }
  check_cameras(reading);
  check_identities(reading, hint);
}

void measure_files(Dataset& dataset) {
  for (auto* records : {&dataset.train, &dataset.query, &dataset.gallery}) {
    for (Record& record : *records) {
      if (record.bytes != kUnknownSize) continue;
      std::error_code error;
      const auto bytes = std::filesystem::file_size(record.path, error);
      DMF_CHECK(!error, DataError, "{}: cannot be read: {}", record.path.string(), error.message());
      record.bytes = static_cast<int64_t>(bytes);
    }
  }
}

std::string dataset_fingerprint(const Dataset& dataset) {
  Sha256 digest;
  std::string text;
  // A length before each text keeps neighbours apart, whatever they contain.
  const auto add = [&](const std::string& part) {
    fmt::format_to(std::back_inserter(text), "{}:{}", part.size(), part);
    constexpr size_t kAtOnce = 1 << 16;
    if (text.size() < kAtOnce) return;
    digest.add(text);
    text.clear();
  };
  for (const Split split : kSplits) {
    add(split_name(split));
    for (const Record& record : records_of(dataset, split)) {
      add(relative_name(record.path, dataset.root));
      add(fmt::format("{} {} {} {}", record.bytes, identity_name(dataset, record.identity), record.camera,
                      record.captions.size()));
      for (const std::string& caption : record.captions) add(caption);
    }
  }
  for (const auto& [identity, attributes] : dataset.attributes) {
    add(identity_name(dataset, identity));
    for (const auto& [key, value] : attributes) add(key + "=" + value);
  }
  return digest.add(text).hex().substr(0, 16);
}

}  // namespace dmf::data
