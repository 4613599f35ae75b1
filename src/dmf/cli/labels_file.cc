#include "dmf/cli/labels_file.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/file_name.h"

namespace dmf::cli {
namespace {

// Without the blanks about it and one pair of quotes.
std::string trimmed(std::string_view field) {
  constexpr std::string_view kBlanks = " \t";
  const size_t first = field.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  field = field.substr(first, field.find_last_not_of(kBlanks) + 1 - first);
  const bool is_quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
  return std::string(is_quoted ? field.substr(1, field.size() - 2) : field);
}

// The first `count` - 1 fields end at commas; the last is the rest of the line.
std::vector<std::string> fields_of(const std::string& line, size_t count) {
  std::vector<std::string> fields;
  size_t start = 0;
  while (fields.size() + 1 < count) {
    const size_t comma = line.find(',', start);
    if (comma == std::string::npos) break;
    fields.push_back(trimmed(std::string_view(line).substr(start, comma - start)));
    start = comma + 1;
  }
  fields.push_back(trimmed(std::string_view(line).substr(start)));
  return fields;
}

// Identities are only compared: of 64 bits without sign, those above 2^63 are kept as the same bits with
// sign.
std::optional<int64_t> parse_identity(const std::string& field) {
  if (const auto value = data::parse_integer(field)) return *value >= eval::kJunk ? value : std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  const auto bits = static_cast<int64_t>(value);
  return bits == eval::kJunk ? std::nullopt : std::optional(bits);
}

class LabelsReader {
 public:
  explicit LabelsReader(const std::filesystem::path& file) : file_(file) {}

  LabelsTable read() {
    std::istringstream text(read_text(file_));
    std::string line;
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    for (number_ = 1; std::getline(text, line); ++number_) {
      if (line.ends_with('\r')) line.pop_back();
      if (line.find('\0') != std::string::npos) fail("a zero byte; expected text in UTF-8");
      if (line.find('\r') != std::string::npos)
        fail("a carriage return within a line; lines end with LF or CRLF");
      if (number_ == 1) {
        if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
        read_header(line);
      } else if (!line.empty()) {
        read_row(line);
      }
    }
    if (columns_.empty()) fail("the file is empty; expected the header line identity[,camera]");
    return std::move(table_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", file_.string(), number_, what));
  }

  void read_header(const std::string& line) {
    columns_ = fields_of(line, line.size() + 1);
    if (std::find(columns_.begin(), columns_.end(), "identity") == columns_.end())
      fail(fmt::format("the header line lacks the column 'identity', got '{}'", line));
    for (const std::string& column : columns_) {
      if (std::count(columns_.begin(), columns_.end(), column) > 1)
        fail(fmt::format("the column '{}' stands there twice", column));
    }
  }

  void read_row(const std::string& line) {
    const std::vector<std::string> fields = fields_of(line, columns_.size());
    if (fields.size() != columns_.size())
      fail(fmt::format("expected {} fields, got {}", columns_.size(), fields.size()));
    for (size_t i = 0; i < fields.size(); ++i) read_field(columns_[i], fields[i]);
  }

  void read_field(const std::string& column, const std::string& field) {
    if (column == "identity") {
      const auto identity = parse_identity(field);
      if (!identity)
        fail(fmt::format("identity: expected a whole number of 64 bits, -1 or more, got '{}'", field));
      table_.labels.identities.push_back(*identity);
    } else if (column == "camera") {
      const auto camera = field.empty() ? eval::kUnknownCamera : data::parse_integer(field);
      if (!camera) fail(fmt::format("camera: expected a whole number, got '{}'", field));
      table_.labels.cameras.push_back(*camera);
    } else if (column == "split") {
      if (field != "query" && field != "gallery")
        fail(fmt::format("split: expected query or gallery, got '{}'", field));
      table_.splits.push_back(field);
    } else {
      table_.words[column].push_back(field);
    }
  }

  std::filesystem::path file_;
  int64_t number_ = 1;
  std::vector<std::string> columns_;
  LabelsTable table_;
};

}  // namespace

LabelsTable LabelsTable::split(const std::string& name, const std::filesystem::path& file) const {
  DMF_CHECK(!splits.empty(), DataError, "{}: the header line lacks the column 'split'", file.string());
  // Row numbers of vectors are counted within a split: a split in two pieces would be a mistake of the file.
  const auto first = std::find(splits.begin(), splits.end(), name);
  const auto last =
      std::find_if(first, splits.end(), [&](const std::string& split) { return split != name; });
  DMF_CHECK(first != last, DataError, "{}: no row of the split '{}'", file.string(), name);
  DMF_CHECK(std::find(last, splits.end(), name) == splits.end(), DataError,
            "{}: the rows of the split '{}' do not stand together", file.string(), name);
  const auto from = first - splits.begin(), to = last - splits.begin();
  LabelsTable part;
  part.labels.identities.assign(labels.identities.begin() + from, labels.identities.begin() + to);
  if (!labels.cameras.empty())
    part.labels.cameras.assign(labels.cameras.begin() + from, labels.cameras.begin() + to);
  for (const auto& [column, all] : words) part.words[column].assign(all.begin() + from, all.begin() + to);
  return part;
}

LabelsTable read_labels_table(const std::filesystem::path& file) { return LabelsReader(file).read(); }

eval::Labels read_labels(const std::filesystem::path& file) { return read_labels_table(file).labels; }

void write_labels(const std::filesystem::path& file, const std::vector<data::Record>& records) {
  std::string text = "identity,camera,path\n";
  for (const data::Record& record : records) {
    text += fmt::format("{},{},{}\n", record.identity, record.camera, record.path.string());
  }
  write_text(file, text);
}

}  // namespace dmf::cli
