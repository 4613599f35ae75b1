#include "dmf/report/ranked_lists.h"

#include <algorithm>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr double kMargin = 20, kHead = 66, kGap = 14, kQueryGap = 30, kFrame = 4, kLabel = 30;

void draw_image(Canvas& canvas, const ListedImage& image, const Box& box, Colour frame) {
  canvas.picture(image.pixels, box);
  canvas.frame(box, frame, kFrame);
  const Canvas::TextStyle style{.size = 10, .colour = kFaint, .align = Align::kCentre};
  canvas.text(canvas.fitted(image.label, box.width + kGap - 2, style), box.x + box.width / 2,
              box.y + box.height + 17, style);
}

}  // namespace

Canvas draw(const std::vector<RankedList>& lists, const RankedListsOptions& options) {
  DMF_CHECK(!lists.empty(), InvalidArgument, "ranked lists `{}`: nothing to draw", options.title);
  size_t answers = 0;
  for (const RankedList& list : lists) answers = std::max(answers, list.answers.size());
  const auto width = static_cast<double>(options.image_width),
             height = static_cast<double>(options.image_height);
  const double first = kMargin + width + kQueryGap;
  const double row = height + kLabel;
  const Canvas measure(1, 1);
  const double full = std::max({first + static_cast<double>(answers) * (width + kGap) - kGap,
                                kMargin + measure.text_width(options.title, {.size = 17, .is_bold = true}),
                                kMargin + measure.text_width(options.note, {.size = 12})});
  Canvas canvas(static_cast<int64_t>(full + kMargin),
                static_cast<int64_t>(kHead + 18 + static_cast<double>(lists.size()) * row + kMargin / 2));

  canvas.text(options.title, kMargin, 28, {.size = 17, .is_bold = true});
  canvas.text(options.note, kMargin, 48, {.size = 12, .colour = kFaint});
  const Canvas::TextStyle heading{.size = 11, .colour = kFaint, .align = Align::kCentre};
  canvas.text("query", kMargin + width / 2, kHead + 8, heading);
  for (size_t k = 0; k < answers; ++k)
    canvas.text(std::to_string(k + 1), first + static_cast<double>(k) * (width + kGap) + width / 2, kHead + 8,
                heading);
  for (size_t i = 0; i < lists.size(); ++i) {
    const double y = kHead + 18 + static_cast<double>(i) * row;
    draw_image(canvas, lists[i].query, {kMargin, y, width, height}, kInk);
    for (size_t k = 0; k < lists[i].answers.size(); ++k) {
      const Answer& answer = lists[i].answers[k];
      draw_image(canvas, answer.image, {first + static_cast<double>(k) * (width + kGap), y, width, height},
                 answer.is_right ? kRight : kWrong);
    }
  }
  return canvas;
}

}  // namespace dmf::report
