#include "dmf/cli/crop_inputs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "dmf/cli/records.h"
#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/data/csv_text.h"
#include "dmf/data/dataset.h"

namespace dmf::cli {
namespace {

constexpr std::array kColumns{"path", "camera", "time", "identity", "tags"};

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

class Gatherer {
 public:
  explicit Gatherer(const CropSources& sources) : sources_(sources) {}

  std::vector<CropInput> gather() {
    for (const std::string& input : sources_.inputs) {
      if (std::filesystem::is_directory(input)) {
        for (const auto& file : images_below(input)) add(file, sources_.defaults);
      } else if (input.find(':') != std::string::npos && !std::filesystem::exists(input)) {
        add_dataset(data::open_dataset(input));
      } else if (std::filesystem::path(input).extension() == ".csv") {
        add_csv(input);
      } else {
        add(input, sources_.defaults);
      }
    }
    warnings_.report();
    return std::move(inputs_);
  }

 private:
  void add(const std::filesystem::path& path, search::Crop crop) {
    crop.source = std::filesystem::absolute(path).lexically_normal();
    if (!seen_.insert(crop.source).second) {
      warnings_.add("picture named twice", crop.source);
      return;
    }
    std::error_code failed;  // a file that is not there is broken: the embedder says so
    const auto size = std::filesystem::file_size(path, failed);
    const auto time = std::filesystem::last_write_time(path, failed);
    if (!failed) crop.version = fmt::format("{} bytes of {}", size, time.time_since_epoch().count());
    inputs_.push_back({path, std::move(crop)});
  }

  void add_dataset(const data::Dataset& dataset) {
    for (const data::Record& record : records_of(dataset, sources_.split)) {
      search::Crop crop = sources_.defaults;
      if (record.camera != data::kNoCamera) crop.camera = std::to_string(record.camera);
      if (record.identity > data::kDistractor) crop.identity = data::identity_name(dataset, record.identity);
      add(record.path, std::move(crop));
    }
  }

  void add_csv(const std::filesystem::path& file) {
    const std::string text = read_text(file);
    data::CsvText csv(text, file.string());
    data::CsvRow header, row;
    if (!csv.next(header)) csv.fail("the file is empty; expected a header line with the column path");
    for (const std::string& column : header.fields) {
      if (std::find(kColumns.begin(), kColumns.end(), column) == kColumns.end())
        fail(file, header, fmt::format("unknown column '{}'; known: {}", column, fmt::join(kColumns, ", ")));
      if (std::count(header.fields.begin(), header.fields.end(), column) > 1)
        fail(file, header, fmt::format("column '{}' twice", column));
    }
    if (std::find(header.fields.begin(), header.fields.end(), "path") == header.fields.end())
      fail(file, header, "the header line lacks the column 'path'");
    while (csv.next(row)) {
      if (row.fields.size() != header.fields.size())
        fail(file, row, fmt::format("expected {} fields, got {}", header.fields.size(), row.fields.size()));
      add_row(file, header, row);
    }
  }

  void add_row(const std::filesystem::path& file, const data::CsvRow& header, const data::CsvRow& row) {
    search::Crop crop = sources_.defaults;
    std::filesystem::path path;
    for (size_t i = 0; i < row.fields.size(); ++i) {
      const std::string &column = header.fields[i], &value = row.fields[i];
      if (value.empty()) continue;
      if (column == "path") path = file.parent_path() / value;
      if (column == "camera") crop.camera = value;
      if (column == "identity") crop.identity = value;
      if (column == "tags") {
        for (const std::string& tag : parts_of(value, ';')) crop.tags.push_back(tag);
      }
      if (column != "time") continue;
      try {
        crop.time = search::parse_time(value);
      } catch (const InvalidArgument& error) {
        fail(file, row, error.what());
      }
    }
    if (path.empty()) fail(file, row, "the path is empty");
    add(path, std::move(crop));
  }

  [[noreturn]] static void fail(const std::filesystem::path& file, const data::CsvRow& row,
                                const std::string& what) {
    throw DataError(fmt::format("{}:{}: {}", file.string(), row.line, what));
  }

  const CropSources& sources_;
  std::vector<CropInput> inputs_;
  std::set<std::string> seen_;
  WarningCounter warnings_;
};

}  // namespace

std::vector<CropInput> gather_crops(const CropSources& sources) { return Gatherer(sources).gather(); }

}  // namespace dmf::cli
