#include <cctype>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

/// Folders of images and what tells them: MSMT17 is published in two versions.
struct Version {
  const char* name;
  const char* train;
  const char* test;
};
constexpr Version kVersions[] = {{"V1", "train", "test"}, {"V2", "mask_train_v2", "mask_test_v2"}};

/// The version whose images are there. DataError where there are none, or both.
const Version& version_of(const fs::path& root) {
  const Version* found = nullptr;
  for (const Version& version : kVersions) {
    if (!fs::is_directory(root / version.train) && !fs::is_directory(root / version.test)) continue;
    DMF_CHECK(found == nullptr, DataError, "{}",
              (Expectation{root.string(), "images of both versions of MSMT17 in one folder",
                           "train/ and test/ (V1), or mask_train_v2/ and mask_test_v2/ (V2)", "both",
                           "the lists belong to one of them: give each version a folder of its own"}
                   .message()));
    found = &version;
  }
  DMF_CHECK(found != nullptr, DataError, "{}",
            (Expectation{root.string(), "lists of MSMT17 without its images",
                         "train/ and test/ (V1), or mask_train_v2/ and mask_test_v2/ (V2)", "neither", ""}
                 .message()));
  return *found;
}

/// Reads the four lists. Both parts count their persons from 0, though they are different people: their names
/// are "train 0000" and "test 0000".
class ListReader {
 public:
  explicit ListReader(Reading& reading) : reading_(reading), version_(version_of(reading.dataset.root)) {
    reading_.dataset.variant = version_.name;
  }

  /// @param is_train  whether the list's images lie in the folder to train
  void read(const char* list, bool is_train, Split split) {
    const fs::path file = reading_.dataset.root / list;
    if (!fs::exists(file)) return reading_.warnings.add("list that is not there", file.string());
    const fs::path folder = reading_.dataset.root / (is_train ? version_.train : version_.test);
    const std::string text = read_text(file);
    int64_t number = 1;
    for (size_t at = 0; at < text.size(); ++number) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line(text.data() + at, end - at);
      at = end + 1;
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
        line.remove_suffix(1);
      if (!line.empty())
        add(line, folder, fmt::format("{}:{}", file.string(), number), is_train ? "train" : "test", split);
    }
  }

  /// Files the records. DataError where listed images are not there.
  void finish() {
    DMF_CHECK(missing_ == 0, DataError, "{}",
              (Expectation{first_missing_,
                           fmt::format("{} of {} listed images are not there", missing_, listed_), "", "",
                           fmt::format("are the lists of one version of MSMT17 and the images of another "
                                       "(these look like {})?",
                                       version_.name)}
                   .message()));
    reading_.add_named(std::move(records_));
  }

 private:
  void add(std::string_view line, const fs::path& folder, const std::string& where, const char* part,
           Split split) {
    const size_t space = std::min(line.rfind(' '), line.size());
    const int64_t identity = parse_integer(line.substr(std::min(space + 1, line.size()))).value_or(-1);
    const fs::path path = folder / std::string(line.substr(0, space));
    const auto camera = camera_of(path.filename().string());
    DMF_CHECK(identity >= 0 && camera, DataError, "{}: expected PATH IDENTITY with a name as {}, got '{}'",
              where, "0000/0000_000_01_0303morning_0015_0.jpg (the third number is the camera)", line);
    ++listed_;
    // The folder is the identity's, in both versions.
    if (parse_integer(path.parent_path().filename().string()).value_or(identity) != identity)
      reading_.warnings.add("identity of a list that is not its folder's",
                            fmt::format("{}: {}", where, line));
    const auto [first, is_new] = lines_.try_emplace(path.string(), where);
    if (!is_new) {
      reading_.warnings.add("image listed twice, the second time left out",
                            fmt::format("{} and {}: {}", first->second, where, line));
      return;
    }
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error && missing_++ == 0) first_missing_ = where + ": " + path.string();
    NamedRecord named{{path, kJunk, *camera, {}}, fmt::format("{} {:04}", part, identity), split};
    if (!error) named.record.bytes = static_cast<int64_t>(bytes);
    records_.push_back(std::move(named));
  }

  /// The third part of the name.
  static std::optional<int64_t> camera_of(std::string_view name) {
    for (int part = 0; part < 2; ++part) {
      const size_t end = name.find('_');
      if (end == std::string_view::npos) return {};
      name.remove_prefix(end + 1);
    }
    return parse_integer(name.substr(0, name.find('_')));
  }

  Reading& reading_;
  const Version& version_;
  std::vector<NamedRecord> records_;
  std::unordered_map<std::string, std::string> lines_;  ///< where each image is listed
  int64_t listed_ = 0, missing_ = 0;
  std::string first_missing_;
};

}  // namespace

void read_msmt17(Reading& reading, const Spec& spec) {
  const auto options = parse_options<MsmtOptions>(spec);
  ListReader lists(reading);
  lists.read("list_train.txt", true, Split::kTrain);
  if (options.val) lists.read("list_val.txt", true, Split::kTrain);
  lists.read("list_query.txt", false, Split::kQuery);
  lists.read("list_gallery.txt", false, Split::kGallery);
  lists.finish();
  if (!options.val) reading.dataset.variant += ", without val";
}

void read_msmt17_all(Reading& reading, const Spec& spec) {
  parse_options<NoOptions>(spec);
  ListReader lists(reading);
  for (const char* list : {"list_train.txt", "list_val.txt"}) lists.read(list, true, Split::kTrain);
  for (const char* list : {"list_query.txt", "list_gallery.txt"}) lists.read(list, false, Split::kTrain);
  lists.finish();
}

}  // namespace dmf::data
