#include "dmf/cli/records.h"

#include <algorithm>
#include <numeric>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"

namespace dmf::cli {

// data's and eval's words for "junk" and "no camera" are the same numbers: labels go over as they are.
static_assert(data::kJunk == eval::kJunk && data::kNoCamera == eval::kUnknownCamera);

std::vector<std::filesystem::path> images_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && data::has_image_extension(entry.path())) files.push_back(entry.path());
  }
  DMF_CHECK(!files.empty(), DataError, "{}: no image in this folder ({})", folder.string(),
            data::image_extensions());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<data::Record> records_of(const data::Dataset& dataset, const std::string& split) {
  std::vector<data::Record> records;
  for (const data::Split each : {data::Split::kTrain, data::Split::kQuery, data::Split::kGallery}) {
    if (split != "all" && split != data::split_name(each)) continue;
    const auto& part = each == data::Split::kTrain   ? dataset.train
                       : each == data::Split::kQuery ? dataset.query
                                                     : dataset.gallery;
    records.insert(records.end(), part.begin(), part.end());
  }
  DMF_CHECK(!records.empty(), DataError, "{}: no image in the split '{}'", dataset.spec, split);
  return records;
}

std::vector<std::filesystem::path> paths_of(const std::vector<data::Record>& records) {
  std::vector<std::filesystem::path> paths;
  for (const data::Record& record : records) paths.push_back(record.path);
  return paths;
}

std::vector<int64_t> all_rows(const std::vector<data::Record>& records) {
  std::vector<int64_t> rows(records.size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

eval::Labels labels_of(const std::vector<data::Record>& records, const std::vector<int64_t>& rows) {
  eval::Labels labels;
  for (const int64_t row : rows) {
    labels.identities.push_back(records[static_cast<size_t>(row)].identity);
    labels.cameras.push_back(records[static_cast<size_t>(row)].camera);
  }
  return labels;
}

Words words_of(const data::Dataset& dataset, const std::vector<data::Record>& records,
               const std::vector<int64_t>& rows) {
  Words words;
  for (size_t i = 0; i < rows.size(); ++i) {
    const data::Record& record = records[static_cast<size_t>(rows[i])];
    for (auto& [attribute, word] : data::image_attributes(dataset, record)) {
      std::vector<std::string>& column = words[attribute];
      column.resize(rows.size());
      column[i] = word;
    }
  }
  return words;
}

bool complete_test_half(data::Dataset& dataset) {
  const bool is_drawn = dataset.query.empty() && dataset.gallery.empty();
  if (is_drawn) data::split_queries(dataset, /*seed=*/0);
  data::require_split(dataset, data::Split::kQuery);
  data::require_split(dataset, data::Split::kGallery);
  return is_drawn;
}

}  // namespace dmf::cli
