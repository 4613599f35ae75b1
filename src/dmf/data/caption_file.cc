#include "dmf/data/caption_file.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Records by their file's name, in little memory: large sets come sorted by it already.
class CaptionedRecords {
 public:
  explicit CaptionedRecords(std::vector<Record>& records) {
    for (Record& record : records) sorted_.push_back(&record);
    const auto before = [](const Record* a, const Record* b) { return a->path.name() < b->path.name(); };
    if (!std::is_sorted(sorted_.begin(), sorted_.end(), before))
      std::sort(sorted_.begin(), sorted_.end(), before);
  }

  Record* find(std::string_view name) const {
    const auto found =
        std::lower_bound(sorted_.begin(), sorted_.end(), name,
                         [](const Record* r, std::string_view n) { return r->path.name() < n; });
    return found != sorted_.end() && (*found)->path.name() == name ? *found : nullptr;
  }

 private:
  std::vector<Record*> sorted_;
};

/// The last part of a path as lists write it; with .jpg where it has no extension.
std::string file_name_of(const std::string& text) {
  const std::string name = text.substr(text.find_last_of("/\\") + 1);
  return has_image_extension(name) ? name : name + ".jpg";
}

std::string trimmed(std::string_view text) {
  const char* const kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? ""
             : std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

class CaptionReader {
 public:
  CaptionReader(Reading& reading, fs::path path)
      : reading_(reading), path_(std::move(path)), records_(reading.dataset.train) {}

  void read() {
    std::ifstream file(path_, std::ios::binary);
    DMF_CHECK(file.good(), DataError, "{}: cannot be read", path_.string());
    const int first = (file >> std::ws).peek();
    const bool is_document = path_.extension() != ".jsonl" && (first == '[' || first == '{');
    file.clear();
    file.seekg(0);
    is_document ? read_document(file) : read_lines(file);
    DMF_CHECK(added_ > 0, DataError, "{}",
              (Expectation{path_.string(), "no sentence for any image of the dataset",
                           "file names as the images have", fmt::format("e.g. '{}'", last_name_), ""}
                   .message()));
    if (!reading_.is_drawn && strange_ > 0)
      reading_.dataset.warnings["caption without its image"] += strange_;
  }

 private:
  [[noreturn]] void fail(int64_t number, const std::string& got) const {
    throw DataError(fmt::format("{}:{}: expected an image's name and its sentence, got '{}'", path_.string(),
                                number, got.substr(0, 80)));
  }

  void add(const std::string& name, const std::string& caption) {
    last_name_ = file_name_of(name);
    Record* record = records_.find(last_name_);
    const std::string text = trimmed(caption);
    if (record == nullptr) {
      ++strange_;
    } else if (text.empty()) {
      reading_.warnings.add("empty caption, left out", path_.string() + " (" + last_name_ + ")");
    } else {
      record->captions.push_back(text);
      ++added_;
    }
  }

  void read_lines(std::ifstream& file) {
    std::string line;
    for (int64_t number = 1; std::getline(file, line); ++number) {
      const std::string text = trimmed(line);
      if (text.empty()) continue;
      text.front() == '{' ? add_object(json::parse(text, nullptr, false), number) : add_line(text, number);
    }
  }

  /// `ImageName:NAME, the caption is: SENTENCE` or `NAME SENTENCE`.
  void add_line(std::string_view text, int64_t number) {
    constexpr std::string_view kPrefix = "ImageName:", kMiddle = "the caption is:";
    const std::string whole(text);
    if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
    const size_t end = text.find_first_of(" \t,:");
    const std::string name(text.substr(0, end));
    if (end == std::string_view::npos || name.empty() || !has_image_extension(name)) fail(number, whole);
    std::string_view sentence = text.substr(text.find_first_not_of(" \t,:", end));
    if (sentence.starts_with(kMiddle)) sentence.remove_prefix(kMiddle.size());
    add(name, std::string(sentence));
  }

  /// An object with an image and its sentences.
  void add_object(const json& object, int64_t number) {
    if (!object.is_object()) fail(number, object.dump());
    const std::string name = image_of(object);
    if (name.empty()) fail(number, object.dump());
    for (const char* key : {"captions", "caption"}) {
      const auto found = object.find(key);
      if (found == object.end()) continue;
      if (found->is_string()) return add(name, found->get<std::string>());
      if (!found->is_array()) fail(number, object.dump());
      for (const json& caption : *found) {
        if (!caption.is_string()) fail(number, object.dump());
        add(name, caption.get<std::string>());
      }
      return;
    }
    fail(number, object.dump());
  }

  std::string image_of(const json& object) const {
    for (const char* key : {"image", "file_name", "file_path", "img_path", "image_id"}) {
      const auto found = object.find(key);
      if (found == object.end()) continue;
      if (found->is_string()) return found->get<std::string>();
      if (!found->is_number_integer()) continue;
      const auto known = name_from_id_.find(found->get<int64_t>());
      return known == name_from_id_.end() ? fmt::format("image {}", found->get<int64_t>()) : known->second;
    }
    return "";
  }

  /// Takes each object as soon as it is read and drops it: COCO's file for two million images is half a GB.
  void read_document(std::ifstream& file) {
    int64_t number = 0;
    const auto take = [&](int, json::parse_event_t event, json& parsed) {
      if (event != json::parse_event_t::object_end) return true;
      ++number;
      if (parsed.contains("caption") || parsed.contains("captions")) {
        add_object(parsed, number);
        return false;
      }
      if (!parsed.contains("file_name") || !parsed.contains("id")) return true;
      const std::string name = parsed["file_name"].get<std::string>();
      if (records_.find(file_name_of(name)) != nullptr) name_from_id_[parsed["id"].get<int64_t>()] = name;
      return false;
    };
    try {
      const json nothing = json::parse(file, take);
    } catch (const json::exception& error) {
      throw DataError(fmt::format("{}: object {}: {}", path_.string(), number, error.what()));
    }
  }

  Reading& reading_;
  fs::path path_;
  CaptionedRecords records_;
  std::map<int64_t, std::string> name_from_id_;  // COCO's numbers of the records' images
  std::string last_name_;
  int64_t added_ = 0, strange_ = 0;
};

}  // namespace

fs::path find_caption_file(const fs::path& root) {
  for (const fs::path& folder : {root, root / "..", root / "../FineGPR-C"}) {
    std::error_code error;
    std::set<fs::path> found;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      std::string name = it->path().filename().string();
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const bool is_text = name.ends_with(".txt") || name.ends_with(".json") || name.ends_with(".jsonl");
      const bool is_named =
          name.starts_with("finegpr-c") || (folder == root && name.find("caption") != std::string::npos);
      if (is_text && is_named && name != "captions.jsonl") found.insert(it->path());
    }
    if (!found.empty()) return found.begin()->lexically_normal();
  }
  return {};
}

void read_caption_file(Reading& reading, const fs::path& path) { CaptionReader(reading, path).read(); }

}  // namespace dmf::data
