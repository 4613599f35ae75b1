#include "dmf/report/picture_sheet.h"

#include <algorithm>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr double kEdge = 20, kTitle = 48, kBetween = 14, kCaption = 30, kHeight = 256, kWidth = 128;

}  // namespace

Canvas draw(const std::vector<std::vector<ListedImage>>& rows, const std::string& title) {
  size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  DMF_CHECK(columns > 0, InvalidArgument, "picture sheet `{}`: nothing to draw", title);
  const double width = std::max(static_cast<double>(columns) * (kWidth + kBetween) - kBetween,
                                Canvas(1, 1).text_width(title, {.size = 17, .is_bold = true}));
  Canvas canvas(
      static_cast<int64_t>(width + 2 * kEdge),
      static_cast<int64_t>(kTitle + static_cast<double>(rows.size()) * (kHeight + kCaption) + kEdge));
  canvas.text(title, kEdge, 30, {.size = 17, .is_bold = true});
  for (size_t r = 0; r < rows.size(); ++r) {
    const double y = kTitle + static_cast<double>(r) * (kHeight + kCaption);
    for (size_t c = 0; c < rows[r].size(); ++c) {
      const double x = kEdge + static_cast<double>(c) * (kWidth + kBetween);
      canvas.picture(rows[r][c].pixels, {x, y, kWidth, kHeight});
      const TextStyle style{.size = 11, .colour = kFaint, .align = Align::kCentre};
      canvas.text(canvas.fitted(rows[r][c].label, kWidth + kBetween - 4, style), x + kWidth / 2,
                  y + kHeight + 16, style);
    }
  }
  return canvas;
}

}  // namespace dmf::report
