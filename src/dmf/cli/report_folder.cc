#include "dmf/cli/report_folder.h"

#include <utility>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/log.h"
#include "dmf/core/table.h"
#include "dmf/report/overlay.h"

namespace dmf::cli {
namespace {

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += csv_field(field) + ",";
  if (!line.empty()) line.back() = '\n';
  return line;
}

data::Pixels grey(int64_t height, int64_t width) {
  return {height, width, std::vector<uint8_t>(static_cast<size_t>(3 * height * width), 200)};
}

}  // namespace

ReportFolder::ReportFolder(std::filesystem::path folder, Pictures pictures)
    : folder_(std::move(folder)), pictures_(pictures) {}

std::string ReportFolder::write_csv(const std::string& name, const std::vector<std::string>& header,
                                    const std::vector<std::vector<std::string>>& rows) const {
  std::string text = csv_line(header);
  for (const auto& row : rows) text += csv_line(row);
  write_text(folder_ / (name + ".csv"), text);
  return name + ".csv";
}

std::string ReportFolder::write_png(const std::string& name, const report::Canvas& canvas) const {
  canvas.save_png(folder_ / (name + ".png"));
  return name + ".png";
}

data::Pixels ReportFolder::photograph(const std::filesystem::path& file, int64_t height,
                                      int64_t width) const {
  if (pictures_ == Pictures::kNone) return grey(height, width);
  try {
    const data::Pixels pixels = data::decode_pixels(file, height, width);
    return is_private() ? report::unrecognisable(pixels) : pixels;
  } catch (const DataError& error) {
    spdlog::warn("{}", error.what());
    return grey(height, width);
  }
}

report::Html ReportFolder::photograph_html(const data::Pixels& photograph,
                                           const std::string& description) const {
  if (pictures_ == Pictures::kNone) return report::element("div", {{"class", "gone"}}, "left out");
  return report::html_picture(photograph, description);
}

std::string ReportFolder::file_name(const std::filesystem::path& file) const {
  return is_private() ? "" : file.filename().string();
}

}  // namespace dmf::cli
