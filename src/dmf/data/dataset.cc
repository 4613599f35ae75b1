#include "dmf/data/dataset.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarketForm =
    "ID_cCAMERAsSEQUENCE_FRAME_BOX.jpg, as 0002_c1s1_000451_03.jpg (-1 junk, 0000 distractor)";
constexpr const char* kCuhkForm = "ID_cCAMERA_NUMBER.png, as 0003_c1_21.png";
constexpr const char* kFormats = "market1501:FOLDER, cuhk03:FOLDER, folder:FOLDER, csv:FILE or a path";

struct Spec {
  std::string format;
  fs::path path;
};

/// Official sizes of a dataset's splits: only then do the tables call it by its name.
struct OfficialSize {
  const char* format;
  size_t train, query, gallery;
};
constexpr std::array kOfficial{
    OfficialSize{"market1501", 12936, 3368, 19732}, OfficialSize{"market1501", 12936, 3368, 15913},
    OfficialSize{"cuhk03", 7365, 1400, 5332}, OfficialSize{"cuhk03", 7368, 1400, 5328}};

/// Market's names have a sequence after the camera (`c1s1`), CUHK03-NP's have none.
std::string recognise_flat(const fs::path& root) {
  for (const char* folder : {"bounding_box_train", "bounding_box_test", "query"}) {
    if (!fs::is_directory(root / folder)) continue;
    for (const fs::path& path : sorted_entries(root / folder)) {
      const std::string name = path.filename().string();
      const size_t camera = name.find("_c");
      if (camera == std::string::npos) continue;
      const size_t end = name.find_first_not_of("0123456789", camera + 2);
      return end != std::string::npos && name[end] == 's' ? "market1501" : "cuhk03";
    }
  }
  return "market1501";
}

Spec recognise(const std::string& text) {
  const fs::path path(text);
  if (fs::is_directory(path)) return {has_flat_layout(path) ? recognise_flat(path) : "folder", path};
  if (fs::is_regular_file(path)) return {"csv", path};
  throw DataError(Expectation{text, "no such folder or file", kFormats, "", ""}.message());
}

Spec parse_spec(const std::string& text) {
  const size_t colon = text.find(':');
  const std::string prefix = text.substr(0, colon);
  for (const char* format : {"market1501", "cuhk03", "folder", "csv"}) {
    if (colon != std::string::npos && prefix == format) return {format, fs::path(text.substr(colon + 1))};
  }
  const bool is_prefix =
      colon != std::string::npos && !fs::exists(text) && prefix.find('/') == std::string::npos;
  if (text.empty() || is_prefix)
    throw InvalidArgument(Expectation{"dataset", "unknown format", kFormats, text, ""}.message());
  return recognise(text);
}

/// Name of the folder, whatever dots or slashes the path ends with.
std::string last_name(const fs::path& path) {
  const fs::path whole = fs::weakly_canonical(path);
  return whole.filename().string();
}

std::string title_of(const Dataset& dataset, const fs::path& given) {
  for (const OfficialSize& size : kOfficial) {
    if (dataset.name == size.format && dataset.train.size() == size.train &&
        dataset.query.size() == size.query && dataset.gallery.size() == size.gallery) {
      return dataset.name;
    }
  }
  return dataset.name == "csv" ? given.stem().string() : last_name(given);
}

std::string counts_text(const Dataset& dataset) {
  return fmt::format("{} train, {} query, {} gallery images", dataset.train.size(), dataset.query.size(),
                     dataset.gallery.size());
}

std::string split_hint(const Dataset& dataset, Split split) {
  const bool is_flat = dataset.name == "market1501" || dataset.name == "cuhk03";
  const char* name = split_name(split);
  if (is_flat && split != Split::kQuery) {
    return fmt::format("the folder {} holds it",
                       split == Split::kTrain ? "bounding_box_train" : "bounding_box_test");
  }
  if (dataset.name == "csv") return fmt::format("write {} into the column split", name);
  return fmt::format("the folder {} holds it", name);
}

}  // namespace

Dataset open_dataset(const std::string& text) {
  const Spec spec = parse_spec(text);
  Reading reading;
  Dataset& dataset = reading.dataset;
  dataset.name = spec.format;
  dataset.spec = text;
  const bool is_file = spec.format == "csv";
  if (is_file ? !fs::is_regular_file(spec.path) : !fs::is_directory(spec.path)) {
    throw DataError(
        Expectation{"dataset", is_file ? "no such file" : "no such folder", "", spec.path.string(), ""}
            .message());
  }
  dataset.root =
      (is_file ? (spec.path.has_parent_path() ? spec.path.parent_path() : fs::path(".")) : spec.path)
          .lexically_normal();
  if (spec.format == "csv") {
    read_csv(reading, spec.path);
  } else if (spec.format == "folder") {
    read_identity_folders(reading);
  } else {
    read_flat_layout(reading, spec.format == "cuhk03" ? kCuhkForm : kMarketForm);
  }
  check_reading(reading);
  read_annotations(reading);
  reading.warnings.report();
  dataset.title = title_of(dataset, spec.path);
  dataset.warnings = reading.warnings.counts();
  dataset.fingerprint = dataset_fingerprint(dataset);
  return std::move(dataset);
}

const char* split_name(Split split) {
  return split == Split::kTrain ? "train" : split == Split::kQuery ? "query" : "gallery";
}

const std::vector<Record>& require_split(const Dataset& dataset, Split split) {
  const auto& records = split == Split::kTrain   ? dataset.train
                        : split == Split::kQuery ? dataset.query
                                                 : dataset.gallery;
  if (records.empty()) {
    throw DataError(Expectation{dataset.spec, fmt::format("the dataset has no {} images", split_name(split)),
                                "", counts_text(dataset), split_hint(dataset, split)}
                        .message());
  }
  return records;
}

std::string identity_name(const Dataset& dataset, int64_t identity) {
  const auto index = static_cast<size_t>(identity);
  if (identity > kDistractor && index < dataset.identity_names.size()) return dataset.identity_names[index];
  return fmt::format("{:04}", identity);
}

void split_queries(Dataset& dataset, uint64_t seed) {
  if (!dataset.query.empty() || !dataset.gallery.empty()) {
    throw InvalidArgument(Expectation{"split_queries", "the dataset has query or gallery images of its own",
                                      "", counts_text(dataset), ""}
                              .message());
  }
  std::map<int64_t, std::map<int64_t, std::vector<size_t>>> images;  // by identity and camera
  for (size_t i = 0; i < dataset.train.size(); ++i) {
    const Record& record = dataset.train[i];
    images[record.identity][record.camera].push_back(i);
  }
  std::vector<bool> is_query(dataset.train.size(), false);
  for (const auto& [identity, cameras] : images) {
    int64_t left = 0;
    for (const auto& [camera, indices] : cameras) left += static_cast<int64_t>(indices.size());
    if (left == 1) ++dataset.warnings["identity of one image: no query of it"];
    for (const auto& [camera, indices] : cameras) {
      if (left-- == 1) break;
      RandomStream random(seed, "split_queries",
                          {static_cast<uint64_t>(identity), static_cast<uint64_t>(camera)});
      is_query[dataset.has_cameras
                   ? indices[static_cast<size_t>(random.integer(static_cast<int64_t>(indices.size())))]
                   : indices[0]] = true;
    }
  }
  if (std::find(is_query.begin(), is_query.end(), true) == is_query.end()) {
    throw DataError(
        Expectation{dataset.spec, "no query can be taken: no identity has two images", "", "", ""}.message());
  }
  for (size_t i = 0; i < dataset.train.size(); ++i) {
    (is_query[i] ? dataset.query : dataset.gallery).push_back(std::move(dataset.train[i]));
  }
  dataset.train.clear();
  dataset.fingerprint = dataset_fingerprint(dataset);
}

}  // namespace dmf::data
