#include "dmf/report/contact_sheet.h"

#include <algorithm>
#include <sstream>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr double kMargin = 12, kGap = 10, kLineHeight = 14, kTitleHeight = 34;
constexpr size_t kLines = 7;
const TextStyle kWords{.size = 10.5}, kTitle{.size = 17, .is_bold = true};

std::vector<std::string> wrapped(const Canvas& canvas, const std::string& text, double width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && canvas.text_width(longer, kWords) <= width) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
  }
  if (lines.size() > kLines) {
    lines.resize(kLines);
    lines.back() += " …";
  }
  for (std::string& line : lines) line = canvas.fitted(line, width, kWords);
  return lines;
}

}  // namespace

Canvas draw_contact_sheet(const std::vector<std::vector<ListedImage>>& rows, const std::string& title) {
  size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  DMF_CHECK(columns > 0, InvalidArgument, "contact sheet `{}`: nothing to draw", title);
  const auto& first =
      std::find_if(rows.begin(), rows.end(), [](const auto& row) { return !row.empty(); })->front();
  const auto width = static_cast<double>(first.pixels.width),
             height = static_cast<double>(first.pixels.height);
  const Canvas measure(1, 1);
  std::vector<double> tops;
  double top = kMargin + (title.empty() ? 0 : kTitleHeight);
  for (const auto& row : rows) {
    size_t lines = 0;
    for (const ListedImage& image : row) lines = std::max(lines, wrapped(measure, image.label, width).size());
    tops.push_back(top);
    top += height + static_cast<double>(lines) * kLineHeight + (lines > 0 ? 6 : 0) + kGap;
  }
  const double inner =
      std::max(static_cast<double>(columns) * (width + kGap) - kGap, measure.text_width(title, kTitle));
  Canvas canvas(static_cast<int64_t>(2 * kMargin + inner), static_cast<int64_t>(top - kGap + kMargin));
  canvas.text(title, kMargin, kMargin + 17, kTitle);
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const double x = kMargin + static_cast<double>(c) * (width + kGap);
      canvas.picture(rows[r][c].pixels, {x, tops[r], width, height});
      double y = tops[r] + height + 3;
      for (const std::string& line : wrapped(canvas, rows[r][c].label, width))
        canvas.text(line, x, y += kLineHeight, kWords);
    }
  }
  return canvas;
}

}  // namespace dmf::report
