#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/csv_text.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

constexpr std::array kColumns{"path", "identity", "camera", "split", "caption"};

/// One CSV file's rows as records.
class CsvReader {
 public:
  CsvReader(Reading& reading, const std::filesystem::path& file) : reading_(reading), file_(file) {}

  void read() {
    const std::string text = read_text(file_);
    CsvText csv(text, file_.string());
    CsvRow row;
    if (!csv.next(row))
      fail(1, "the file is empty; expected the header line path,identity[,camera[,split[,caption]]]");
    read_header(row);
    while (csv.next(row)) read_row(row);
    reading_.add_named(std::move(records_));
  }

 private:
  [[noreturn]] void fail(int64_t line, const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", file_.string(), line, what));
  }

  void read_header(const CsvRow& header) {
    column_count_ = header.fields.size();
    for (size_t i = 0; i < column_count_; ++i) {
      const std::string& name = header.fields[i];
      if (std::find(kColumns.begin(), kColumns.end(), name) == kColumns.end()) {
        fail(header.line, fmt::format("unknown column '{}' in the header line; known: {}", name,
                                      fmt::join(kColumns, ", ")));
      }
      if (!column_from_name_.emplace(name, i).second)
        fail(header.line, fmt::format("column '{}' twice", name));
    }
    for (const char* needed : {"path", "identity"}) {
      if (!column_from_name_.contains(needed))
        fail(header.line, fmt::format("the header line lacks the column '{}'", needed));
    }
  }

  std::string value(const CsvRow& row, const char* column) const {
    const auto found = column_from_name_.find(column);
    return found == column_from_name_.end() ? "" : row.fields[found->second];
  }

  Split read_split(const CsvRow& row) const {
    const std::string name = value(row, "split");
    if (name.empty()) return Split::kTrain;
    for (const Split split : {Split::kTrain, Split::kQuery, Split::kGallery}) {
      if (name == split_name(split)) return split;
    }
    fail(row.line, fmt::format("unknown split '{}'; expected train, query or gallery", name));
  }

  int64_t read_camera(const CsvRow& row) const {
    const std::string text = value(row, "camera");
    if (text.empty()) return kNoCamera;
    const auto camera = parse_integer(text);
    if (!camera || *camera < 0) fail(row.line, fmt::format("camera '{}' is not a number from 0 on", text));
    return *camera;
  }

  void read_row(const CsvRow& row) {
    if (row.fields.size() != column_count_) {
      fail(row.line,
           fmt::format("expected {} fields as in the header line, got {}", column_count_, row.fields.size()));
    }
    const std::string name = value(row, "path"), identity = value(row, "identity");
    if (name.empty()) fail(row.line, "the path is empty");
    if (identity.empty()) fail(row.line, "the identity is empty");
    const std::filesystem::path path = (reading_.dataset.root / name).lexically_normal();
    const int64_t camera = read_camera(row);
    const Split split = read_split(row);
    NamedRecord named{{path, kJunk, camera, {}}, identity, split};
    const std::string caption = value(row, "caption");
    if (!caption.empty()) named.record.captions.push_back(caption);
    const auto [found, is_new] = record_from_path_.emplace(path.string(), records_.size());
    if (!is_new) return merge(row, records_[found->second], named);
    if (!has_image_extension(path))
      fail(row.line, fmt::format("{} is not of a known type ({})", path.string(), image_extensions()));
    if (!std::filesystem::is_regular_file(path))
      fail(row.line, fmt::format("{} is not there or not a file", path.string()));
    records_.push_back(std::move(named));
  }

  /// A path again: only to add a caption.
  void merge(const CsvRow& row, NamedRecord& known, const NamedRecord& again) const {
    const bool is_same = known.identity_name == again.identity_name && known.split == again.split &&
                         known.record.camera == again.record.camera;
    if (!is_same)
      fail(row.line,
           fmt::format("{} again, with another identity, camera or split", again.record.path.string()));
    if (again.record.captions.empty())
      fail(row.line, fmt::format("{} again, without a caption to add", again.record.path.string()));
    known.record.captions.push_back(again.record.captions[0]);
  }

  Reading& reading_;
  std::filesystem::path file_;
  size_t column_count_ = 0;
  std::map<std::string, size_t> column_from_name_;
  std::map<std::string, size_t> record_from_path_;
  std::vector<NamedRecord> records_;
};

}  // namespace

void read_csv(Reading& reading, const Spec& spec) {
  parse_options<NoOptions>(spec);
  CsvReader(reading, spec.path).read();
}

}  // namespace dmf::data
