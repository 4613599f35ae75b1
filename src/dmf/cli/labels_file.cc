#include "dmf/cli/labels_file.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/file_name.h"

namespace dmf::cli {
namespace {

// The first `count` - 1 fields end at commas; the last is the rest of the line.
std::vector<std::string> fields_of(const std::string& line, size_t count) {
  std::vector<std::string> fields;
  size_t start = 0;
  while (fields.size() + 1 < count) {
    const size_t comma = line.find(',', start);
    if (comma == std::string::npos) break;
    fields.push_back(line.substr(start, comma - start));
    start = comma + 1;
  }
  fields.push_back(line.substr(start));
  return fields;
}

class LabelsReader {
 public:
  explicit LabelsReader(const std::filesystem::path& file) : file_(file) {}

  eval::Labels read() {
    std::istringstream text(read_text(file_));
    std::string line;
    for (number_ = 1; std::getline(text, line); ++number_) {
      if (line.ends_with('\r')) line.pop_back();
      if (number_ == 1) {
        read_header(line);
      } else if (!line.empty()) {
        read_row(line);
      }
    }
    if (columns_ == 0) fail("the file is empty; expected the header line identity[,camera[,path]]");
    return std::move(labels_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", file_.string(), number_, what));
  }

  void read_header(const std::string& line) {
    const std::vector<std::string> names = fields_of(line, line.size() + 1);
    columns_ = names.size();
    const auto column = [&](const char* name) -> std::optional<size_t> {
      const auto found = std::find(names.begin(), names.end(), name);
      return found == names.end() ? std::nullopt : std::optional<size_t>(found - names.begin());
    };
    camera_ = column("camera");
    const auto identity = column("identity");
    if (!identity) fail(fmt::format("the header line lacks the column 'identity', got '{}'", line));
    identity_ = *identity;
  }

  void read_row(const std::string& line) {
    const std::vector<std::string> fields = fields_of(line, columns_);
    if (fields.size() != columns_) fail(fmt::format("expected {} fields, got {}", columns_, fields.size()));
    labels_.identities.push_back(number("identity", fields[identity_]));
    if (!camera_) return;
    const std::string& camera = fields[*camera_];
    labels_.cameras.push_back(camera.empty() ? eval::kUnknownCamera : number("camera", camera));
  }

  int64_t number(const char* column, const std::string& field) const {
    const std::optional<int64_t> value = data::parse_integer(field);
    if (!value) fail(fmt::format("{}: expected a whole number, got '{}'", column, field));
    return *value;
  }

  std::filesystem::path file_;
  int64_t number_ = 1;
  size_t columns_ = 0, identity_ = 0;
  std::optional<size_t> camera_;
  eval::Labels labels_;
};

}  // namespace

eval::Labels read_labels(const std::filesystem::path& file) { return LabelsReader(file).read(); }

void write_labels(const std::filesystem::path& file, const std::vector<data::Record>& records) {
  std::string text = "identity,camera,path\n";
  for (const data::Record& record : records) {
    text += fmt::format("{},{},{}\n", record.identity, record.camera, record.path.string());
  }
  write_text(file, text);
}

}  // namespace dmf::cli
