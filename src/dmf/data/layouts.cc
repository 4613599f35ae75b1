#include <array>
#include <set>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

struct SplitFolder {
  const char* name;
  Split split;
};
constexpr std::array kFlatFolders{SplitFolder{"bounding_box_train", Split::kTrain},
                                  SplitFolder{"query", Split::kQuery},
                                  SplitFolder{"bounding_box_test", Split::kGallery}};
constexpr std::array kIdentityFolders{SplitFolder{"train", Split::kTrain},
                                      SplitFolder{"query", Split::kQuery},
                                      SplitFolder{"gallery", Split::kGallery}};

void read_flat_folder(Reading& reading, const SplitFolder& folder, const std::string& form) {
  for (const fs::path& path : sorted_entries(reading.dataset.root / folder.name)) {
    if (!is_image(path, reading.warnings)) continue;
    const auto parsed = parse_person_and_camera(path.filename().string());
    DMF_CHECK(parsed, DataError, "{}", name_message(path, form));
    if (parsed->identity <= kDistractor && folder.split != Split::kGallery) {
      reading.warnings.add("junk or distractor image outside the gallery, left out", path.string());
      continue;
    }
    reading.split(folder.split).push_back({path, parsed->identity, parsed->camera, {}});
  }
}

/// The same file name in two splits: the same picture, as these layouts name them.
void check_names_apart(Reading& reading) {
  std::set<std::string> names;
  for (const SplitFolder& folder : kFlatFolders) {
    for (const Record& record : reading.split(folder.split)) {
      if (!names.insert(record.path.filename().string()).second) {
        reading.warnings.add("file name in two splits", record.path.string());
      }
    }
  }
}

/// Images of one identity, in all folders below its own.
void read_identity(std::vector<NamedRecord>& records, const fs::path& folder, const std::string& name,
                   Split split, WarningCounter& warnings) {
  for (const fs::path& path : sorted_entries(folder)) {
    if (fs::is_directory(path)) {
      read_identity(records, path, name, split, warnings);
    } else if (is_image(path, warnings)) {
      const int64_t camera = parse_camera(path.filename().string()).value_or(kNoCamera);
      records.push_back({{path, kJunk, camera, {}}, name, split});
    }
  }
}

void read_split(std::vector<NamedRecord>& records, const fs::path& folder, Split split,
                WarningCounter& warnings) {
  static const std::set<std::string> known{"captions.jsonl", "attributes.json"};
  for (const fs::path& path : sorted_entries(folder)) {
    if (!fs::is_directory(path)) {
      if (known.contains(path.filename().string())) continue;
      warnings.add("file outside the identity folders, left out", path.string());
      continue;
    }
    const size_t before = records.size();
    read_identity(records, path, path.filename().string(), split, warnings);
    if (records.size() == before) warnings.add("identity folder without an image", path.string());
  }
}

/// The 500,000 distractors, whose names tell no more than a camera.
void add_distractors(Reading& reading) {
  for (const char* name : {"images", "distractors_500k", "distractors"}) {
    const fs::path folder = reading.dataset.root / name;
    if (!fs::is_directory(folder)) continue;
    for (const fs::path& path : sorted_entries(folder)) {
      if (!is_image(path, reading.warnings)) continue;
      constexpr int64_t kAnyCamera = 0;  // wrong for every query: the camera does not matter
      const auto parsed = parse_person_and_camera(path.filename().string());
      reading.dataset.gallery.push_back({path, kDistractor, parsed ? parsed->camera : kAnyCamera, {}});
    }
    reading.dataset.variant = "with 500k distractors";
    return;
  }
  throw DataError(Expectation{reading.dataset.root.string(), "the distractors are not there",
                              "a folder images/, distractors_500k/ or distractors/", "none of them",
                              "leave out ?distractors=true, or unpack distractors_500k.zip there"}
                      .message());
}

constexpr const char* kMarketForm =
    "ID_cCAMERAsSEQUENCE_FRAME_BOX.jpg, as 0002_c1s1_000451_03.jpg (-1 junk, 0000 distractor)";
constexpr const char* kDukeForm = "ID_cCAMERA_fFRAME.jpg, as 0001_c2_f0046182.jpg";

/// Counts a dataset whose names are another's: the two are easily mixed up.
void check_style(Reading& reading) {
  const std::string style = flat_style(reading.dataset.root);
  if (style != reading.dataset.name) {
    reading.warnings.add("file names of another dataset's form",
                         fmt::format("{}: they look like {}'s", reading.dataset.root.string(), style));
  }
}

}  // namespace

bool has_flat_layout(const fs::path& folder) {
  // A folder named query alone may as well belong to folders by identity.
  return fs::is_directory(folder / "bounding_box_train") || fs::is_directory(folder / "bounding_box_test");
}

std::string flat_style(const fs::path& folder) {
  for (const SplitFolder& split : kFlatFolders) {
    if (!fs::is_directory(folder / split.name)) continue;
    for (const fs::path& path : sorted_entries(folder / split.name)) {
      // Behind the camera Market has a sequence (c1s1_), DukeMTMC a frame (c2_f0046182), CUHK03-NP a number.
      const std::string name = path.filename().string();
      const size_t camera = name.find("_c");
      if (camera == std::string::npos) continue;
      const size_t end = name.find_first_not_of("0123456789", camera + 2);
      if (end == std::string::npos) continue;
      return name[end] == 's' ? "market1501" : name.substr(end, 2) == "_f" ? "dukemtmc" : "cuhk03";
    }
  }
  return "market1501";
}

void read_flat_layout(Reading& reading, const std::string& form) {
  for (const SplitFolder& folder : kFlatFolders) {
    if (fs::is_directory(reading.dataset.root / folder.name)) read_flat_folder(reading, folder, form);
  }
  check_names_apart(reading);
  check_style(reading);
}

void read_market(Reading& reading, const Spec& spec) {
  const auto options = parse_options<MarketOptions>(spec);
  read_flat_layout(reading, kMarketForm);
  if (options.distractors) add_distractors(reading);
}

void read_duke(Reading& reading, const Spec& spec) {
  parse_options<NoOptions>(spec);
  read_flat_layout(reading, kDukeForm);
}

void read_identity_folders(Reading& reading, const Spec& spec) {
  parse_options<NoOptions>(spec);
  const fs::path& root = reading.dataset.root;
  std::vector<NamedRecord> records;
  std::set<std::string> split_folders;
  for (const SplitFolder& folder : kIdentityFolders) {
    if (fs::is_directory(root / folder.name)) split_folders.insert(folder.name);
  }
  if (split_folders.empty()) {
    read_split(records, root, Split::kTrain, reading.warnings);
  } else {
    for (const SplitFolder& folder : kIdentityFolders) {
      if (split_folders.contains(folder.name))
        read_split(records, root / folder.name, folder.split, reading.warnings);
    }
    for (const fs::path& path : sorted_entries(root)) {
      if (fs::is_directory(path) && !split_folders.contains(path.filename().string())) {
        reading.warnings.add("folder beside train/, query/ and gallery/, left out", path.string());
      }
    }
  }
  reading.add_named(std::move(records));
}

}  // namespace dmf::data
