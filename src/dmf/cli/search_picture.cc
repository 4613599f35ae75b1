#include "dmf/cli/search_picture.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

constexpr double kMargin = 20, kHead = 58, kGap = 14, kQueryGap = 30, kFrame = 4, kLabel = 44;
constexpr double kWidth = 96, kHeight = 192;
constexpr report::Colour kAmber{0.90, 0.62, 0.0};

report::Colour frame_of(const search::Hit& hit, bool is_judged,
                        const std::optional<search::SameThreshold>& threshold) {
  if (!is_judged || !threshold) return report::kGrid;
  const std::string_view what = search::decision(hit.similarity, *threshold);
  return what == "same" ? report::kRight : what == "unsure" ? kAmber : report::kWrong;
}

// As large as fits into the box, in its own proportions, in the middle.
void draw_fitted(report::Canvas& canvas, const data::Pixels& pixels, const report::Box& box) {
  const double width = static_cast<double>(pixels.width), height = static_cast<double>(pixels.height);
  const double scale = std::min(box.width / width, box.height / height);
  canvas.picture(pixels, {box.x + (box.width - scale * width) / 2, box.y + (box.height - scale * height) / 2,
                          scale * width, scale * height});
}

void draw_words(report::Canvas& canvas, const std::string& words, const report::Box& box) {
  canvas.fill(box, report::kGrid);
  const report::Canvas::TextStyle style{.size = 11};
  constexpr double kLine = 15, kEdge = 6;
  std::istringstream stream(words);
  std::string word, line;
  double y = box.y + kLine + 2;
  const auto write = [&] {
    if (!line.empty() && y < box.y + box.height)
      canvas.text(canvas.fitted(line, box.width - 2 * kEdge, style), box.x + kEdge, y, style);
    y += kLine;
    line.clear();
  };
  while (stream >> word) {
    const std::string longer = line.empty() ? word : line + " " + word;
    if (!line.empty() && canvas.text_width(longer, style) > box.width - 2 * kEdge) {
      write();
      line = word;
    } else {
      line = longer;
    }
  }
  write();
}

void draw_hit(report::Canvas& canvas, const search::Hit& hit, const search::GalleryView& gallery,
              report::Colour frame, const report::Box& box) {
  const std::string jpeg = gallery.thumbnail(hit.id);
  const search::Crop crop = gallery.crop(hit.id);
  if (jpeg.empty()) {
    draw_words(canvas, "no thumbnail", box);
  } else {
    const std::string name = fmt::format("the thumbnail of crop {}", hit.id);
    draw_fitted(canvas, data::decode_bytes(std::as_bytes(std::span(jpeg)), name).pixels, box);
  }
  canvas.frame(box, frame, kFrame);
  const report::Canvas::TextStyle style{.size = 11, .align = report::Align::kCentre};
  const report::Canvas::TextStyle small{
      .size = 10, .colour = report::kFaint, .align = report::Align::kCentre};
  const std::string where =
      crop.camera.empty() ? fmt::format("#{}", hit.id) : fmt::format("#{}  {}", hit.id, crop.camera);
  canvas.text(fmt::format("{:.3f}", hit.similarity), box.x + kWidth / 2, box.y + kHeight + 18, style);
  canvas.text(canvas.fitted(where, kWidth + kGap - 2, small), box.x + kWidth / 2, box.y + kHeight + 33,
              small);
}

}  // namespace

report::Canvas draw_search(const std::vector<ShownQuery>& queries, const std::vector<Found>& found,
                           const search::GalleryView& gallery,
                           const std::optional<search::SameThreshold>& threshold) {
  DMF_CHECK(!found.empty() && queries.size() == found.size(), InvalidArgument, "search picture: no query");
  size_t answers = 0;
  for (const Found& each : found) answers = std::max(answers, each.hits.size());
  const double first = kMargin + kWidth + kQueryGap, row = kHeight + kLabel;
  const report::Canvas::TextStyle title{.size = 15, .is_bold = true};
  const report::Canvas::TextStyle note{.size = 11, .colour = report::kFaint};
  const std::string words = threshold
                                ? "green: the same person, amber: unsure, red: another; similarity, crop and "
                                  "camera below"
                                : "similarity, crop and camera below";
  const report::Canvas measure(1, 1);
  const double width = std::max(first + static_cast<double>(answers) * (kWidth + kGap) - kGap,
                                kMargin + measure.text_width(words, note));
  report::Canvas canvas(static_cast<int64_t>(width + kMargin),
                        static_cast<int64_t>(kHead + static_cast<double>(found.size()) * row));
  canvas.text(canvas.fitted(gallery.title(), width - kMargin, title), kMargin, 24, title);
  canvas.text(words, kMargin, 42, note);
  for (size_t i = 0; i < found.size(); ++i) {
    const report::Box query{kMargin, kHead + static_cast<double>(i) * row, kWidth, kHeight};
    if (queries[i].picture) {
      draw_fitted(canvas, *queries[i].picture, query);
    } else {
      draw_words(canvas, queries[i].words, query);
    }
    canvas.frame(query, report::kInk, kFrame);
    if (queries[i].picture && !queries[i].words.empty()) {
      const report::Canvas::TextStyle below{
          .size = 10, .colour = report::kFaint, .align = report::Align::kCentre};
      canvas.text(canvas.fitted("+ " + queries[i].words, kWidth + kQueryGap, below), kMargin + kWidth / 2,
                  query.y + kHeight + 18, below);
    }
    for (size_t k = 0; k < found[i].hits.size(); ++k) {
      const search::Hit& hit = found[i].hits[k];
      draw_hit(canvas, hit, gallery, frame_of(hit, found[i].is_judged, threshold),
               {first + static_cast<double>(k) * (kWidth + kGap), query.y, kWidth, kHeight});
    }
  }
  return canvas;
}

}  // namespace dmf::cli
