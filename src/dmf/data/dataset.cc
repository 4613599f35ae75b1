#include "dmf/data/dataset.h"

#include <algorithm>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/format.h"
#include "dmf/data/mixture.h"
#include "dmf/data/published.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

/// Name of the folder, whatever dots or slashes the path ends with.
std::string last_name(const fs::path& path) {
  const fs::path whole = fs::weakly_canonical(path);
  return whole.filename().string();
}

std::string title_of(const Dataset& dataset, const fs::path& given) {
  if (matching_form(dataset)) return dataset.name;
  return dataset.name == "csv" ? given.stem().string() : last_name(given);
}

std::string counts_text(const Dataset& dataset) {
  return fmt::format("{} train, {} query, {} gallery images", dataset.train.size(), dataset.query.size(),
                     dataset.gallery.size());
}

std::string split_hint(const Dataset& dataset, Split split) {
  const char* name = split_name(split);
  const bool is_train = split == Split::kTrain, is_query = split == Split::kQuery;
  const auto in_folder = [](const char* folder) { return fmt::format("the folder {} holds it", folder); };
  if (dataset.name == "csv") return fmt::format("write {} into the column split", name);
  if (dataset.name == "folder") return in_folder(name);
  if (has_flat_layout(dataset.root))
    return in_folder(is_train ? "bounding_box_train" : is_query ? "query" : "bounding_box_test");
  if (dataset.name == "msmt17") return fmt::format("list_{}.txt names them", name);
  return is_train ? "" : fmt::format("{} is a dataset to train on", dataset.name);
}

/// The table's row for a spec; fills in the format of a bare path. DataError where the path holds another
/// thing.
const Format& format_of(Spec& spec) {
  const Format& format = spec.format.empty() ? recognise_format(spec.path) : *find_format(spec.format);
  spec.format = format.name;
  const bool is_there = format.is_file ? fs::is_regular_file(spec.path) : fs::is_directory(spec.path);
  DMF_CHECK(is_there || format.is_file || !fs::is_regular_file(spec.path), DataError, "{}",
            (Expectation{"dataset", "a file where a folder is meant", format.layout, spec.path.string(),
                         fmt::format("did you mean {}:{}?", format.name, spec.path.parent_path().string())}
                 .message()));
  DMF_CHECK(
      is_there, DataError, "{}",
      (Expectation{"dataset", format.is_file ? "no such file" : "no such folder", "", spec.path.string(), ""}
           .message()));
  DMF_CHECK(format.is_at(spec.path), DataError, "{}",
            (Expectation{spec.path.string(), fmt::format("not {} in its published layout", format.title),
                         format.layout, "none of them", nearby_hint(&format, spec.path)}
                 .message()));
  return format;
}

}  // namespace

Dataset open_dataset(const std::string& text) {
  const std::vector<std::string> parts = mixture_parts(text);
  if (parts.size() > 1) {
    std::vector<Dataset> datasets;
    for (const std::string& part : parts) datasets.push_back(open_dataset(part));
    return mixture_of(text, std::move(datasets));
  }
  Spec spec = parse_spec(text);
  const Format& format = format_of(spec);
  Reading reading;
  Dataset& dataset = reading.dataset;
  dataset.name = format.name;
  dataset.spec = text;
  const fs::path folder = format.is_file && !spec.path.has_parent_path() ? fs::path(".")
                          : format.is_file                               ? spec.path.parent_path()
                                                                         : spec.path;
  dataset.root = folder.lexically_normal();
  format.read(reading, spec);
  check_reading(reading, [&] { return nearby_hint(nullptr, spec.path); });
  read_annotations(reading);
  measure_files(dataset);
  reading.warnings.report();
  dataset.title = title_of(dataset, spec.path);
  for (const auto& [kind, count] : reading.warnings.counts()) dataset.warnings[kind] += count;
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
