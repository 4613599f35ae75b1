#include <array>
#include <set>

#include "dmf/core/error.h"
#include "dmf/data/file_name.h"
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

/// True for an image file; anything else is counted.
bool is_image(const fs::path& path, WarningCounter& warnings) {
  if (fs::is_regular_file(path) && has_image_extension(path)) return true;
  warnings.add("file of an unknown type, left out", path.string());
  return false;
}

void read_flat_folder(Reading& reading, const SplitFolder& folder, const std::string& form) {
  for (const fs::path& path : sorted_entries(reading.dataset.root / folder.name)) {
    if (!is_image(path, reading.warnings)) continue;
    const auto parsed = parse_person_and_camera(path.filename().string());
    if (!parsed) {
      throw DataError(Expectation{path.string(), "identity and camera cannot be read from the name", form,
                                  path.filename().string(), "for other names use csv: or folder:"}
                          .message());
    }
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

}  // namespace

bool has_flat_layout(const fs::path& folder) {
  // A folder named query alone may as well belong to folders by identity.
  return fs::is_directory(folder / "bounding_box_train") || fs::is_directory(folder / "bounding_box_test");
}

void read_flat_layout(Reading& reading, const std::string& form) {
  bool found = false;
  for (const SplitFolder& folder : kFlatFolders) {
    if (!fs::is_directory(reading.dataset.root / folder.name)) continue;
    found = true;
    read_flat_folder(reading, folder, form);
  }
  if (!found) {
    throw DataError(Expectation{reading.dataset.root.string(), "not a dataset in this layout",
                                "at least one of bounding_box_train/, query/, bounding_box_test/",
                                "none of them", "give the folder that holds them"}
                        .message());
  }
  check_names_apart(reading);
}

void read_identity_folders(Reading& reading) {
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
