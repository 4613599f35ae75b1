#include <algorithm>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/interrupt.h"
#include "dmf/core/log.h"
#include "dmf/core/progress.h"
#include "dmf/data/file_name.h"
#include "dmf/data/mat_file.h"
#include "dmf/data/reader_options.h"
#include "dmf/data/reading.h"

namespace dmf::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderForm = "ID_cCAMERA_NUMBER.png, as 0003_c1_21.png";
constexpr const char* kFile = "cuhk-03.mat";
constexpr size_t kPersonLength = 5;  // of "1_001", camera pair and person; then _VIEW_NUMBER.png

/// Writes a picture of the file: [height, width, 3] by columns, red green blue.
void write_picture(const fs::path& path, const MatArray& array) {
  const auto height = static_cast<int>(array.sizes()[0]), width = static_cast<int>(array.sizes()[1]);
  const std::vector<uint8_t> bytes = array.bytes();
  cv::Mat bgr(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        bgr.at<cv::Vec3b>(y, x)[2 - channel] = bytes[static_cast<size_t>((channel * width + x) * height + y)];
      }
    }
  }
  DMF_CHECK(cv::imwrite(path.string(), bgr, {cv::IMWRITE_PNG_COMPRESSION, 1}), DataError,
            "{}: cannot be written", path.string());
}

/// The 10 places of a person: the first five are of the first camera.
std::string picture_name(size_t pair, size_t person, size_t place) {
  return fmt::format("{}_{:03}_{}_{:02}.png", pair + 1, person + 1, place < 5 ? 1 : 2, place + 1);
}

/// Writes the crops of one kind of boxes as PNG files. @param boxes  "detected" or "labeled"
void extract(const fs::path& file, const std::string& boxes, const fs::path& folder) {
  const MatFile mat(file);
  const MatArray pairs = mat.find(boxes);
  int64_t persons = 0;
  for (size_t pair = 0; pair < pairs.count(); ++pair)
    persons += static_cast<int64_t>(pairs.cell(pair).sizes()[0]);
  Progress progress("unpacking " + file.filename().string(), persons, "persons");
  for (size_t pair = 0; pair < pairs.count(); ++pair) {
    const MatArray pictures = pairs.cell(pair);
    const size_t count = pictures.sizes()[0], places = pictures.sizes()[1];
    for (size_t person = 0; person < count; ++person) {
      stop_if_interrupted("unpacking CUHK03");
      for (size_t place = 0; place < places; ++place) {
        const MatArray picture = pictures.cell(place * count + person);
        if (!picture.is_bytes() || picture.sizes().size() != 3 || picture.count() == 0) continue;
        write_picture(folder / picture_name(pair, person, place), picture);
      }
      progress.advance(1);
    }
  }
  progress.finish();
}

/// Folder of the crops: images_detected/ beside the file, where somebody has unpacked it there, else our own,
/// which appears whole or not at all.
fs::path picture_folder(const fs::path& root, const std::string& boxes) {
  for (const fs::path& folder : {root / ("images_" + boxes), root / ".." / ("images_" + boxes)}) {
    if (fs::is_directory(folder)) return folder.lexically_normal();
  }
  const fs::path file = root / kFile;
  std::error_code error;
  const std::string key =
      fingerprint(fmt::format("{} {} {}", fs::weakly_canonical(file, error).string(), fs::file_size(file),
                              fs::last_write_time(file).time_since_epoch().count()));
  const fs::path folder = fs::path(".cache/images") / ("cuhk03-" + key) / boxes;
  if (fs::is_directory(folder)) return folder;
  const fs::path part = folder.string() + ".part";
  fs::remove_all(part, error);
  fs::create_directories(part, error);
  DMF_CHECK(!error, DataError, "{}: cannot be created: {}", part.string(), error.message());
  spdlog::info("{}: its pictures are unpacked into {}, once", file.string(), folder.string());
  extract(file, boxes, part);
  fs::rename(part, folder, error);
  DMF_CHECK(!error || fs::is_directory(folder), DataError, "{}: cannot be renamed: {}", part.string(),
            error.message());
  return folder;
}

int64_t camera_of(const std::string& name) { return name.at(kPersonLength + 1) - '0'; }

fs::path find_protocol(const fs::path& root, const std::string& boxes) {
  const std::string name = "cuhk03_new_protocol_config_" + boxes + ".mat";
  for (const fs::path& folder : {root, root / ".."}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  throw DataError(
      Expectation{root.string(), "the new protocol's split is not there", name, "",
                  "put that file of the publisher's re-ranking repository beside cuhk-03.mat, or use "
                  "?protocol=classic"}
          .message());
}

/// 767 identities to train and 700 to test. Source: Zhong et al., CVPR 2017.
void read_new_protocol(Reading& reading, const fs::path& folder, const std::string& boxes) {
  const MatFile mat(find_protocol(reading.dataset.root, boxes));
  const MatArray names = mat.find("filelist");
  const std::vector<double> labels = mat.find("labels").numbers();
  for (const auto& [variable, split] :
       {std::pair{"train_idx", Split::kTrain}, std::pair{"query_idx", Split::kQuery},
        std::pair{"gallery_idx", Split::kGallery}}) {
    for (const double number : mat.find(variable).numbers()) {
      const auto i = static_cast<size_t>(number) - 1;
      DMF_CHECK(number >= 1 && i < names.count() && i < labels.size(), DataError,
                "{}: number {} is beyond its {} names", variable, number, names.count());
      const std::string name = names.cell(i).text();
      DMF_CHECK(name.size() > kPersonLength + 2 && fs::exists(folder / name), DataError,
                "{}: not there, though the new protocol lists it: are these the {} boxes?",
                (folder / name).string(), boxes);
      reading.split(split).push_back({folder / name, static_cast<int64_t>(labels[i]), camera_of(name), {}});
    }
  }
}

/// 100 identities to test, in one of 20 splits; they are queries and gallery at once, across the cameras.
/// Source: Li et al., CVPR 2014.
void read_classic_protocol(Reading& reading, const fs::path& folder, int64_t split) {
  const MatArray splits = MatFile(reading.dataset.root / kFile).find("testsets");
  DMF_CHECK(split < static_cast<int64_t>(splits.count()), DataError, "{}: split {} of {} was asked for",
            reading.dataset.root.string(), split, splits.count());
  const MatArray test = splits.cell(static_cast<size_t>(split));
  const std::vector<double> numbers = test.numbers();  // [persons, 2]: camera pair, person
  std::set<std::string> tested;
  for (size_t i = 0; i < numbers.size() / 2; ++i) {
    tested.insert(fmt::format("{}_{:03}", static_cast<int64_t>(numbers[i]),
                              static_cast<int64_t>(numbers[i + numbers.size() / 2])));
  }
  std::vector<NamedRecord> records;
  for (const fs::path& path : sorted_entries(folder)) {
    if (!is_image(path, reading.warnings)) continue;
    const std::string name = path.filename().string();
    DMF_CHECK(name.size() > kPersonLength + 2, DataError, "{}",
              name_message(path, "PAIR_PERSON_VIEW_NUMBER.png"));
    const std::string person = name.substr(0, kPersonLength);
    const bool is_test = tested.contains(person);
    NamedRecord named{{path, kJunk, camera_of(name), {}}, person, is_test ? Split::kQuery : Split::kTrain};
    records.push_back(named);
    if (!is_test) continue;
    named.split = Split::kGallery;
    records.push_back(named);
  }
  reading.add_named(std::move(records));
}

}  // namespace

void read_cuhk03(Reading& reading, const Spec& spec) {
  const auto options = parse_options<Cuhk03Options>(spec);
  Dataset& dataset = reading.dataset;
  if (fs::exists(dataset.root / kFile)) {
    const fs::path folder = picture_folder(dataset.root, options.boxes);
    const bool is_new = options.protocol == "new";
    if (is_new) {
      read_new_protocol(reading, folder, options.boxes);
    } else {
      read_classic_protocol(reading, folder, options.split);
    }
    dataset.variant = is_new ? options.boxes + " boxes, new protocol"
                             : fmt::format("{} boxes, classic split {}", options.boxes, options.split);
    dataset.root = folder;  // names in captions, attributes and the fingerprint are relative to it
    return;
  }
  DMF_CHECK(options.protocol == "new", InvalidArgument,
            "[dataset] {}: the classic protocol's splits are in cuhk-03.mat, which is not there", spec.text);
  if (!has_flat_layout(dataset.root) && has_flat_layout(dataset.root / options.boxes))
    dataset.root /= options.boxes;
  // CUHK03-NP's two folders are named after their boxes.
  const std::string boxes = dataset.root.filename().string();
  const bool is_told = boxes == "detected" || boxes == "labeled";
  dataset.variant = is_told ? boxes + " boxes, new protocol" : "new protocol";
  read_flat_layout(reading, kFolderForm);
}

}  // namespace dmf::data
