#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// A captioned set's list: objects with split, id, captions and an image's path below imgs/.
struct CaptionList {
  const char* file;
  const char* path_key;
  /// Camera that the image's name tells, where it does.
  std::optional<int64_t> (*camera)(const std::string& name);
};

std::optional<int64_t> no_camera(const std::string&) { return {}; }

/// MSMT17's names: the third part. ICFG-PEDES and RSTPReid are made of its images.
std::optional<int64_t> msmt_camera(const std::string& name) {
  const size_t first = name.find('_');
  const size_t second = first == std::string::npos ? first : name.find('_', first + 1);
  if (second == std::string::npos) return {};
  return parse_integer(name.substr(second + 1, name.find('_', second + 1) - second - 1));
}

std::optional<int64_t> named_camera(const std::string& name) { return parse_camera(name); }

class CaptionedReader {
 public:
  CaptionedReader(Reading& reading, const CaptionList& list, const CaptionedOptions& options)
      : reading_(reading),
        list_(list),
        path_(reading.dataset.root / list.file),
        is_all_(options.split == "all"),
        without_(options.without.begin(), options.without.end()) {}

  void read() {
    std::ifstream file(path_, std::ios::binary);
    DMF_CHECK(file.good(), DataError, "{}: cannot be read", path_.string());
    const auto take = [this](int, json::parse_event_t event, json& parsed) {
      // Each entry is dropped when it has been read: with its tokens, CUHK-PEDES' list is ten times its
      // captions.
      if (event != json::parse_event_t::object_end) return true;
      ++entries_;
      add(parsed);
      return false;
    };
    try {
      const json nothing = json::parse(file, take);
    } catch (const json::exception& error) {
      throw DataError(fmt::format("{}: behind entry {}: {}", path_.string(), entries_, error.what()));
    }
    DMF_CHECK(missing_ == 0, DataError, "{}: {} of {} listed images are not there, e.g. {}", path_.string(),
              missing_, entries_, first_missing_);
    for (const std::string& part : without_) {
      DMF_CHECK(left_out_.contains(part), InvalidArgument, "[dataset] {}: no images in imgs/{}/ to leave out",
                reading_.dataset.spec, part);
    }
    reading_.dataset.variant = is_all_ ? "all parts" : "train";
    for (const std::string& part : without_) reading_.dataset.variant += ", without " + part;
    reading_.add_named(std::move(records_));
  }

 private:
  [[noreturn]] void fail(const json& entry) const {
    throw DataError(Expectation{fmt::format("{}: entry {}", path_.string(), entries_),
                                "not an entry of this list",
                                fmt::format("an object with split, id, captions and {}", list_.path_key),
                                entry.dump().substr(0, 120), ""}
                        .message());
  }

  void add(const json& entry) {
    try {
      const std::string name = entry.at(list_.path_key), split = entry.at("split");
      const auto& id = entry.at("id");
      const int64_t number =
          id.is_string() ? parse_integer(id.get<std::string>()).value_or(-1) : id.get<int64_t>();
      if (number < 0) fail(entry);
      const std::string part = name.substr(0, name.find('/'));
      if (without_.contains(part)) {
        left_out_.insert(part);
      } else if (is_all_ || split == "train") {
        add_record(name, number, entry.at("captions").get<std::vector<std::string>>());
      }
    } catch (const json::exception&) {
      fail(entry);
    }
  }

  void add_record(const std::string& name, int64_t identity, std::vector<std::string> captions) {
    const fs::path path = reading_.dataset.root / "imgs" / name;
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error && missing_++ == 0) first_missing_ = path.string();
    std::erase_if(captions, [&](const std::string& caption) {
      const bool is_empty = caption.find_first_not_of(" \t\r\n") == std::string::npos;
      if (is_empty) reading_.warnings.add("empty caption, left out", path.string());
      return is_empty;
    });
    NamedRecord named{
        {path, kJunk, list_.camera(path.filename().string()).value_or(kNoCamera), std::move(captions)},
        fmt::format("{:05}", identity),
        Split::kTrain};
    if (!error) named.record.bytes = static_cast<int64_t>(bytes);
    records_.push_back(std::move(named));
  }

  Reading& reading_;
  CaptionList list_;
  fs::path path_;
  bool is_all_;
  std::set<std::string> without_, left_out_;
  std::vector<NamedRecord> records_;
  int64_t entries_ = 0, missing_ = 0;
  std::string first_missing_;
};

void read_captioned(Reading& reading, const Spec& spec, const CaptionList& list) {
  CaptionedReader(reading, list, parse_options<CaptionedOptions>(spec)).read();
}

}  // namespace

void read_cuhkpedes(Reading& reading, const Spec& spec) {
  // Its images come from several sets, most of them without cameras in their names.
  read_captioned(reading, spec, {"reid_raw.json", "file_path", no_camera});
}

void read_icfgpedes(Reading& reading, const Spec& spec) {
  read_captioned(reading, spec, {"ICFG-PEDES.json", "file_path", msmt_camera});
}

void read_rstpreid(Reading& reading, const Spec& spec) {
  read_captioned(reading, spec, {"data_captions.json", "img_path", named_camera});
}

}  // namespace dmf::data
