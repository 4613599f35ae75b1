#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/world/writer.h"

namespace dmf::world {
namespace {

namespace fs = std::filesystem;

constexpr int kRows = 6, kColumns = 8;  // of the sheet at most
constexpr int kLines = 7, kLineHeight = 12, kMargin = 4;
constexpr double kFontScale = .32;

std::map<std::string, std::string> read_captions(const fs::path& file) {
  std::map<std::string, std::string> captions;
  if (!fs::exists(file)) return captions;
  std::istringstream text(read_text(file));
  for (std::string line; std::getline(text, line);) {
    const auto parsed = nlohmann::json::parse(line);
    captions[parsed.at("image")] = parsed.at("captions").at(0);
  }
  return captions;
}

/// Words broken into lines of at most `width` pixels.
std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
    int below = 0;
    const bool fits = cv::getTextSize(longer, cv::FONT_HERSHEY_SIMPLEX, kFontScale, 1, &below).width <= width;
    fits ? lines.back() = longer : lines.emplace_back(word);
  }
  return lines;
}

void write_words(cv::Mat& sheet, const cv::Point& place, const std::string& caption, int width) {
  const std::vector<std::string> lines = wrapped(caption, width - 2 * kMargin);
  for (size_t i = 0; i < std::min<size_t>(lines.size(), kLines); ++i) {
    const bool is_cut = i + 1 == kLines && lines.size() > kLines;
    cv::putText(sheet, is_cut ? lines[i] + " ..." : lines[i],
                place + cv::Point(kMargin, kLineHeight * (static_cast<int>(i) + 1)), cv::FONT_HERSHEY_SIMPLEX,
                kFontScale, {40, 40, 40}, 1, cv::LINE_AA);
  }
}

}  // namespace

void write_contact_sheet(const WorldOptions& options, const fs::path& folder, const fs::path& file) {
  const Domain domain = shifted(find_domain(options.domain), options.domain_shift);
  const auto captions = read_captions(folder / "captions.jsonl");
  const int rows = static_cast<int>(std::min<int64_t>(kRows, options.identities));
  const int columns = static_cast<int>(std::min<int64_t>(kColumns, options.images));
  const int high = options.height + (captions.empty() ? kMargin : kLines * kLineHeight + 2 * kMargin);
  cv::Mat sheet(rows * high, columns * (options.width + kMargin), CV_8UC3, cv::Scalar::all(255));
  for (int row = 0; row < rows; ++row) {
    // From all over the set: the first of a market1501 layout are to train, the last to test.
    const int64_t identity = 1 + row * options.identities / rows;
    const std::vector<PlannedImage> images = plan_images(options, domain, identity);
    for (int column = 0; column < columns; ++column) {
      const std::string& name = images[static_cast<size_t>(column)].file;
      const cv::Mat image = cv::imread((folder / name).string(), cv::IMREAD_COLOR);
      DMF_CHECK(!image.empty(), DataError, "{}: cannot be read", (folder / name).string());
      const cv::Point place(column * (options.width + kMargin), row * high);
      image.copyTo(sheet(cv::Rect(place, image.size())));
      if (const auto found = captions.find(name); found != captions.end())
        write_words(sheet, place + cv::Point(0, options.height), found->second, options.width);
    }
  }
  std::vector<uchar> bytes;
  DMF_CHECK(cv::imencode(".png", sheet, bytes), Error, "{}: the sheet cannot be encoded", file.string());
  AtomicFile out(file);
  out.write(std::as_bytes(std::span(bytes)));
  out.commit();
}

}  // namespace dmf::world
