#include <algorithm>
#include <map>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/random.h"
#include "dmf/data/caption_file.h"
#include "dmf/data/file_index.h"
#include "dmf/data/file_name.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"
#include "dmf/text/attributes.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

/// What a name of a synthetic set tells.
struct PersonCamera {
  int64_t identity, camera;
};

/// A synthetic set's way to name its files.
struct Naming {
  const char* form;  ///< for messages
  PersonCamera (*parse)(std::string_view name);
};

constexpr const char* kRandPersonForm = "IDENTITY_sSCENE_cCAMERA_fFRAME.jpg, as 000000_s00_c00_f000264.jpg";

/// Persons are counted from 1 (the published numbers begin at 0, which is kept for distractors); cameras are
/// counted anew in each scene, so that the scene is a part of their number.
PersonCamera randperson_of(std::string_view name) {
  const auto parsed = parse_randperson(name);
  DMF_CHECK(parsed, DataError, "expected {}", kRandPersonForm);
  constexpr int64_t kCamerasOfAScene = 100;
  return {parsed->identity + 1, parsed->scene * kCamerasOfAScene + parsed->camera};
}

/// The camera is the viewpoint, 1 … 36.
PersonCamera finegpr_of(std::string_view name) {
  const auto parsed = parse_person_and_camera(name);
  DMF_CHECK(parsed && parsed->identity > kDistractor && name.find("_w") != std::string_view::npos, DataError,
            "expected IDENTITY_cVIEW_wWEATHER_lILLUMINATION_pPLACE.jpg, as 0001_c01_w01_l01_p01.jpg");
  return {parsed->identity, parsed->camera};
}

constexpr Naming kRandPerson{kRandPersonForm, randperson_of};
constexpr Naming kFineGpr{"IDENTITY_cVIEW_wWEATHER_lILLUMINATION_pPLACE.jpg, as 0001_c01_w01_l01_p01.jpg",
                          finegpr_of};

/// Turns an index into records: all files, or some of each identity.
class SyntheticReader {
 public:
  SyntheticReader(Reading& reading, const SampleOptions& options, const Naming& naming)
      : reading_(reading),
        options_(options),
        naming_(naming),
        index_(FileIndex::open(reading.dataset.root)) {}

  void read() {
    for (uint64_t i = 0; i < index_.others(); ++i) count_other();
    if (options_.takes_all()) return read_all();
    reading_.is_drawn = true;
    draw();
    std::string& variant = reading_.dataset.variant;
    if (options_.identities > 0) variant += fmt::format("{} identities, ", options_.identities);
    if (options_.per_identity > 0) variant += fmt::format("{} images an identity, ", options_.per_identity);
    variant += fmt::format("seed {}", options_.seed);
  }

 private:
  void count_other() {
    // Counted, not named: a set of millions has its own lists and key points beside the images.
    ++reading_.dataset.warnings["file of an unknown type, left out"];
  }

  PersonCamera parse(const std::string& folder, std::string_view name) const {
    try {
      return naming_.parse(name);
    } catch (const DataError&) {
      throw DataError(name_message(fs::path(folder) / std::string(name), naming_.form));
    }
  }

  std::string path_of(const FileIndex::Folder& folder) const {
    const fs::path& root = reading_.dataset.root;
    return (folder.name.empty() ? root : root / folder.name).string();
  }

  void add(const std::string& folder, uint64_t file) {
    const std::string_view name = index_.name(file);
    const PersonCamera parsed = parse(folder, name);
    reading_.dataset.train.push_back(
        {ImagePath(folder, name), parsed.identity, parsed.camera, {}, index_.bytes(file)});
  }

  void read_all() {
    reading_.dataset.train.reserve(index_.size());
    for (const FileIndex::Folder& folder : index_.folders()) {
      const std::string path = path_of(folder);
      for (uint64_t file = folder.first; file < folder.first + folder.count; ++file) add(path, file);
    }
  }

  using FilesOfIdentity = std::map<int64_t, std::vector<uint32_t>>;

  void draw_identities(FilesOfIdentity& files) const {
    const auto wanted = static_cast<size_t>(options_.identities);
    DMF_CHECK(wanted <= files.size(), DataError, "{}: ?identities={}: there are {}",
              reading_.dataset.root.string(), wanted, files.size());
    std::vector<int64_t> order;
    for (const auto& [identity, all] : files) order.push_back(identity);
    RandomStream(static_cast<uint64_t>(options_.seed), "identities").shuffle(order);
    for (size_t i = wanted; i < order.size(); ++i) files.erase(order[i]);
  }

  /// The same images for the same seed, whichever else are there of other identities.
  void draw() {
    FilesOfIdentity files;
    for (const FileIndex::Folder& folder : index_.folders()) {
      const std::string path = path_of(folder);
      for (uint64_t file = folder.first; file < folder.first + folder.count; ++file)
        files[parse(path, index_.name(file)).identity].push_back(static_cast<uint32_t>(file));
    }
    if (options_.identities > 0) draw_identities(files);
    std::vector<uint32_t> drawn;
    const auto wanted = static_cast<size_t>(options_.per_identity);
    for (auto& [identity, all] : files) {
      RandomStream random(static_cast<uint64_t>(options_.seed), "per_identity",
                          {static_cast<uint64_t>(identity)});
      const size_t count = wanted == 0 ? all.size() : std::min(wanted, all.size());
      if (count < wanted) ++reading_.dataset.warnings["identity with fewer images than are to be drawn"];
      for (size_t i = 0; i < count; ++i) {
        std::swap(all[i], all[i + static_cast<size_t>(random.integer(static_cast<int64_t>(all.size() - i)))]);
        drawn.push_back(all[i]);
      }
    }
    std::sort(drawn.begin(), drawn.end());
    size_t next = 0;
    for (const FileIndex::Folder& folder : index_.folders()) {
      const std::string path = path_of(folder);
      for (; next < drawn.size() && drawn[next] < folder.first + folder.count; ++next) add(path, drawn[next]);
    }
  }

  Reading& reading_;
  SampleOptions options_;
  Naming naming_;
  FileIndex index_;
};

/// Names of persons that are counted from 0, by their number here.
void name_from_zero(Dataset& dataset) {
  int64_t most = 0;
  for (const Record& record : dataset.train) most = std::max(most, record.identity);
  dataset.identity_names.assign(1, "");
  for (int64_t i = 0; i < most; ++i) dataset.identity_names.push_back(fmt::format("{:06}", i));
}

}  // namespace

void read_randperson(Reading& reading, const Spec& spec) {
  const auto options = parse_options<SampleOptions>(spec);
  SyntheticReader(reading, options, kRandPerson).read();
  name_from_zero(reading.dataset);
  if (!options.captions.empty()) read_caption_file(reading, options.captions);
}

void read_finegpr(Reading& reading, const Spec& spec) {
  const auto options = parse_options<SampleOptions>(spec);
  SyntheticReader(reading, options, kFineGpr).read();
  const fs::path captions =
      options.captions.empty() ? find_caption_file(reading.dataset.root) : fs::path(options.captions);
  if (!captions.empty()) read_caption_file(reading, captions);
}

}  // namespace dmf::data
