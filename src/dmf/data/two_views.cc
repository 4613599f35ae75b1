#include <algorithm>
#include <map>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/file_name.h"
#include "dmf/data/mat_file.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kViewA = 1, kViewB = 2;

/// The image files of a folder, by name.
std::vector<fs::path> images_of(Reading& reading, const fs::path& folder) {
  std::vector<fs::path> images;
  for (const fs::path& path : sorted_entries(folder)) {
    if (is_image(path, reading.warnings)) images.push_back(path);
  }
  return images;
}

/// The number in the first `digits` characters of the name, or up to the first '_'.
int64_t identity_of(const fs::path& path, size_t digits, const std::string& form) {
  const std::string name = path.filename().string();
  const auto identity = parse_integer(name.substr(0, digits == 0 ? name.find('_') : digits));
  DMF_CHECK(identity && *identity >= 0, DataError, "{}", name_message(path, form));
  return *identity;
}

/// Half of the identities, drawn by the split's number. These sets are published without splits, or everybody
/// draws ten: results are averages over them.
std::set<int64_t> draw_half(std::vector<int64_t> identities, int64_t split, const char* dataset) {
  std::sort(identities.begin(), identities.end());
  identities.erase(std::unique(identities.begin(), identities.end()), identities.end());
  RandomStream random(static_cast<uint64_t>(split), std::string("split ") + dataset);
  random.shuffle(identities);
  return {identities.begin(), identities.begin() + static_cast<std::ptrdiff_t>(identities.size() / 2)};
}

/// Sorts images into train, query (view A) and gallery (view B).
void file_records(Reading& reading, const std::vector<Record>& records, const std::set<int64_t>& train) {
  for (const Record& record : records) {
    const Split split = train.contains(record.identity) ? Split::kTrain
                        : record.camera == kViewA       ? Split::kQuery
                                                        : Split::kGallery;
    reading.split(split).push_back(record);
  }
}

std::vector<int64_t> identities_of(const std::vector<Record>& records) {
  std::vector<int64_t> identities;
  for (const Record& record : records) identities.push_back(record.identity);
  return identities;
}

void set_variant(Reading& reading, int64_t split) {
  reading.dataset.variant = fmt::format("split {}", split);
}

}  // namespace

void read_cuhk01(Reading& reading, const Spec& spec) {
  constexpr const char* kForm = "0001001.png: four digits of the identity, three of the picture";
  const auto options = parse_options<RandomSplitOptions>(spec);
  std::vector<Record> records;
  for (const fs::path& path : images_of(reading, reading.dataset.root / "campus")) {
    const std::string name = path.filename().string();
    const auto picture = name.find('.') == 7 ? parse_integer(name.substr(4, 3)) : std::nullopt;
    DMF_CHECK(picture && *picture >= 1, DataError, "{}", name_message(path, kForm));
    // Pictures 1 and 2 are of the first view, 3 and 4 of the second.
    records.push_back({path, identity_of(path, 4, kForm), *picture <= 2 ? kViewA : kViewB, {}});
  }
  file_records(reading, records, draw_half(identities_of(records), options.split, "cuhk01"));
  set_variant(reading, options.split);
}

void read_viper(Reading& reading, const Spec& spec) {
  const auto options = parse_options<RandomSplitOptions>(spec);
  std::vector<Record> records;
  for (const auto& [folder, camera] : {std::pair{"cam_a", kViewA}, std::pair{"cam_b", kViewB}}) {
    for (const fs::path& path : images_of(reading, reading.dataset.root / folder)) {
      // Identities begin at 0, which is kept for distractors.
      const int64_t identity = identity_of(path, 0, "IDENTITY_ANGLE.bmp, as 000_45.bmp") + 1;
      records.push_back({path, identity, camera, {}});
    }
  }
  file_records(reading, records, draw_half(identities_of(records), options.split, "viper"));
  set_variant(reading, options.split);
}

void read_prid(Reading& reading, const Spec& spec) {
  constexpr int64_t kInBothViews = 200;
  constexpr const char* kForm = "person_0001.png";
  const auto options = parse_options<RandomSplitOptions>(spec);
  const auto number = [&](const fs::path& path) {
    const std::string name = path.filename().string();
    const auto parsed =
        name.starts_with("person_") ? parse_integer(name.substr(7, name.find('.') - 7)) : std::nullopt;
    DMF_CHECK(parsed && *parsed >= 1, DataError, "{}", name_message(path, kForm));
    return *parsed;
  };
  const fs::path root = reading.dataset.root / "single_shot";
  std::vector<Record> both, strangers;
  for (const fs::path& path : images_of(reading, root / "cam_a")) {
    // From 201 on, a number means another person in each view: those of view A have nobody to be found as.
    if (number(path) <= kInBothViews) both.push_back({path, number(path), kViewA, {}});
  }
  for (const fs::path& path : images_of(reading, root / "cam_b")) {
    if (number(path) <= kInBothViews) {
      both.push_back({path, number(path), kViewB, {}});
    } else {
      strangers.push_back({path, kDistractor, kViewB, {}});
    }
  }
  file_records(reading, both, draw_half(identities_of(both), options.split, "prid"));
  auto& gallery = reading.split(Split::kGallery);
  gallery.insert(gallery.end(), strangers.begin(), strangers.end());
  set_variant(reading, options.split);
}

void read_ilids(Reading& reading, const Spec& spec) {
  const auto options = parse_options<RandomSplitOptions>(spec);
  std::map<int64_t, std::vector<Record>> records;
  for (const fs::path& path : images_of(reading, reading.dataset.root / "Persons")) {
    const int64_t identity =
        identity_of(path, 4, "0001001.jpg: four digits of the identity, three of the picture");
    records[identity].push_back({path, identity, kNoCamera, {}});  // cameras are not published
  }
  std::vector<int64_t> identities;
  for (const auto& [identity, all] : records) identities.push_back(identity);
  const std::set<int64_t> train = draw_half(identities, options.split, "ilids");
  for (auto& [identity, all] : records) {
    if (train.contains(identity)) {
      reading.dataset.train.insert(reading.dataset.train.end(), all.begin(), all.end());
      continue;
    }
    // One picture is the query, another one the gallery's.
    RandomStream random(static_cast<uint64_t>(options.split), "pictures ilids",
                        {static_cast<uint64_t>(identity)});
    random.shuffle(all);
    if (all.size() < 2) {
      reading.warnings.add("identity of one image: no query of it", all[0].path.string());
      continue;
    }
    reading.dataset.query.push_back(all[0]);
    reading.dataset.gallery.push_back(all[1]);
  }
  set_variant(reading, options.split);
}

void read_grid(Reading& reading, const Spec& spec) {
  constexpr const char* kForm =
      "IDENTITY_CAMERA_….jpeg, as 0001_1_25004_107_32_106_221.jpeg (0000: a stranger)";
  constexpr size_t kTrainField = 2;  // of each entry of trainIdxAll: the identities to train on
  const auto options = parse_options<GridOptions>(spec);
  const fs::path& root = reading.dataset.root;
  std::set<int64_t> train;
  const fs::path partitions = root / "features_and_partitions.mat";
  if (fs::exists(partitions)) {
    const MatArray splits = MatFile(partitions).find("trainIdxAll");
    DMF_CHECK(options.split < static_cast<int64_t>(splits.count()), DataError,
              "{}: split {} of {} was asked for", partitions.string(), options.split, splits.count());
    for (const double identity : splits.cell(static_cast<size_t>(options.split)).field(kTrainField).numbers())
      train.insert(static_cast<int64_t>(identity));
    set_variant(reading, options.split);
  } else {
    reading.warnings.add("no features_and_partitions.mat: all identities are tested", root.string());
  }
  for (const auto& [folder, split] :
       {std::pair{"probe", Split::kQuery}, std::pair{"gallery", Split::kGallery}}) {
    for (const fs::path& path : images_of(reading, root / folder)) {
      const std::string name = path.filename().string();
      const size_t first = name.find('_');
      const auto camera = first == std::string::npos
                              ? std::nullopt
                              : parse_integer(name.substr(first + 1, name.find('_', first + 1) - first - 1));
      DMF_CHECK(camera, DataError, "{}", name_message(path, kForm));
      const int64_t identity = identity_of(path, 0, kForm);  // 0 is kDistractor here, too
      reading.split(train.contains(identity) ? Split::kTrain : split)
          .push_back({path, identity, *camera, {}});
    }
  }
}

}  // namespace dmf::data
