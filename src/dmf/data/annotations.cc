#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

using nlohmann::json;

/// Parser's own words without its "[json.exception…]" prefix.
std::string reason(const json::exception& error) {
  const std::string text = error.what();
  const size_t end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

/// Records by their names below the root: they are sorted.
class RecordsByName {
 public:
  explicit RecordsByName(Reading& reading) : reading_(reading) {}

  Record* find(const std::string& name) const {
    const ImagePath path = reading_.dataset.root / name;
    for (const Split split : {Split::kTrain, Split::kQuery, Split::kGallery}) {
      std::vector<Record>& records = reading_.split(split);
      const auto found =
          std::lower_bound(records.begin(), records.end(), path,
                           [](const Record& record, const ImagePath& p) { return record.path < p; });
      if (found != records.end() && found->path == path) return &*found;
    }
    return nullptr;
  }

 private:
  Reading& reading_;
};

/// One line of captions.jsonl.
struct CaptionLine {
  std::string image;
  std::vector<std::string> captions;
};

CaptionLine parse_caption_line(const std::string& line, const std::string& where) {
  try {
    const json parsed = json::parse(line);
    CaptionLine result;
    parsed.at("image").get_to(result.image);
    parsed.at("captions").get_to(result.captions);
    return result;
  } catch (const json::exception& error) {
    throw DataError(
        Expectation{where, "broken line", R"({"image": "…", "captions": ["…"]})", reason(error), ""}
            .message());
  }
}

void add_captions(Reading& reading, const CaptionLine& line, Record& record, const std::string& where) {
  if (!record.captions.empty())
    reading.warnings.add("image captioned twice (the captions are joined)", where);
  for (const std::string& caption : line.captions) {
    if (caption.find_first_not_of(" \t\r\n") == std::string::npos) {
      reading.warnings.add("empty caption, left out", where);
    } else {
      record.captions.push_back(caption);
    }
  }
}

void read_captions(Reading& reading, const std::filesystem::path& path) {
  const RecordsByName records(reading);
  const std::string text = read_text(path);
  size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (int64_t number = 1; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = fmt::format("{}:{}", path.string(), number);
    const CaptionLine parsed = parse_caption_line(line, where);
    Record* found = records.find(std::filesystem::path(parsed.image).lexically_normal().generic_string());
    if (found == nullptr) {
      if (!reading.is_drawn)
        reading.warnings.add("caption without its image", where + " (" + parsed.image + ")");
    } else {
      add_captions(reading, parsed, *found, where);
    }
  }
}

/// Number of an identity as the file writes it; empty where the dataset has none of this name.
std::optional<int64_t> find_identity(const Dataset& dataset, const std::string& name) {
  if (dataset.identity_names.empty()) return parse_integer(name);
  const auto& names = dataset.identity_names;
  const auto found = std::find(names.begin() + 1, names.end(), name);
  if (found == names.end()) return {};
  return found - names.begin();
}

text::Attributes parse_attributes(const json& value, const std::string& dataset, const std::string& where) {
  const bool is_text =
      value.is_object() && !value.empty() &&
      std::all_of(value.begin(), value.end(), [](const json& entry) { return entry.is_string(); });
  if (!is_text && dataset == "finegpr") return text::attributes_from_finegpr(value, where);
  if (!is_text) return text::attributes_from_market(value, where);
  const auto attributes = value.get<text::Attributes>();
  try {
    text::check_attributes(attributes, where);
  } catch (const InvalidArgument& error) {
    throw DataError(error.what());
  }
  return attributes;
}

void read_attributes(Reading& reading, const std::filesystem::path& path) {
  const std::string text = read_text(path);
  json parsed;
  try {
    parsed = json::parse(text);
  } catch (const json::parse_error& error) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
    throw DataError(fmt::format("{}:{}: not JSON: {}", path.string(), 1 + std::count(text.begin(), end, '\n'),
                                reason(error)));
  }
  DMF_CHECK(parsed.is_object(), DataError, "{}:1: expected an object of identities", path.string());
  std::map<int64_t, bool> is_there;
  for (const Split split : {Split::kTrain, Split::kQuery, Split::kGallery}) {
    for (const Record& record : reading.split(split)) is_there[record.identity] = true;
  }
  for (const auto& [name, value] : parsed.items()) {
    const std::string where = path.string() + ": identity " + name;
    const auto identity = find_identity(reading.dataset, name);
    if (!identity || !is_there.contains(*identity)) {
      if (!reading.is_drawn) reading.warnings.add("attributes of an identity without image", where);
      continue;
    }
    reading.dataset.attributes[*identity] = parse_attributes(value, reading.dataset.name, where);
  }
}

}  // namespace

void read_annotations(Reading& reading) {
  const std::filesystem::path captions = reading.dataset.root / "captions.jsonl";
  const std::filesystem::path attributes = reading.dataset.root / "attributes.json";
  if (std::filesystem::exists(captions)) read_captions(reading, captions);
  if (std::filesystem::exists(attributes)) read_attributes(reading, attributes);
}

}  // namespace dmf::data
