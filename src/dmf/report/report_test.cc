#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/data/pixels.h"
#include "dmf/report/bar_chart.h"
#include "dmf/report/contact_sheet.h"
#include "dmf/report/ranked_lists.h"
#include "dmf/report/scale.h"
#include "support/temporary_folder.h"

namespace dmf::report {
namespace {

using testing::ElementsAre;

std::array<int, 3> at(const data::Pixels& pixels, int64_t x, int64_t y) {
  const uint8_t* p = pixels.rgb.data() + (y * pixels.width + x) * 3;
  return {p[0], p[1], p[2]};
}

std::array<int, 3> bytes(Colour colour) {
  // Cairo keeps 16 bits of a colour and shows the upper 8.
  const auto byte = [](double value) { return std::min(static_cast<int>(value * 256), 255); };
  return {byte(colour.red), byte(colour.green), byte(colour.blue)};
}

int64_t count(const data::Pixels& pixels, Colour colour) {
  int64_t found = 0;
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; ++x) found += at(pixels, x, y) == bytes(colour) ? 1 : 0;
  }
  return found;
}

data::Pixels plain_picture(std::array<uint8_t, 3> colour) {
  data::Pixels pixels{4, 2, {}};
  for (int i = 0; i < 8; ++i) pixels.rgb.insert(pixels.rgb.end(), colour.begin(), colour.end());
  return pixels;
}

TEST(AxisTicks, AreRoundNumbersAroundTheRange) {
  EXPECT_THAT(axis_ticks(0, 72.3, 5), ElementsAre(0, 20, 40, 60, 80));
  EXPECT_THAT(axis_ticks(0, 5, 5), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(axis_ticks(-3, 4, 4), ElementsAre(-4, -2, 0, 2, 4));
  EXPECT_THAT(axis_ticks(7, 7, 1), ElementsAre(7, 8));
  EXPECT_THROW(axis_ticks(1, 0, 5), InvalidArgument);
}

TEST(Canvas, DrawsWhereItIsTold) {
  Canvas canvas(20, 10);
  canvas.fill({5, 2, 4, 3}, kRight);
  const data::Pixels pixels = canvas.pixels();
  EXPECT_EQ(count(pixels, kRight), 12);
  EXPECT_EQ(at(pixels, 5, 2), bytes(kRight));
  EXPECT_EQ(at(pixels, 9, 2), bytes(kPaper));
  EXPECT_THROW(Canvas(0, 5), InvalidArgument);
  EXPECT_THROW(Canvas(5, 40000), InvalidArgument);
}

TEST(Canvas, ShowsPicturesWithTheirColoursUpToTheEdge) {
  Canvas canvas(40, 40);
  canvas.picture(plain_picture({200, 100, 50}), {10, 10, 20, 20});
  const data::Pixels pixels = canvas.pixels();
  for (const int64_t place : {10, 20, 29}) EXPECT_THAT(at(pixels, place, place), ElementsAre(200, 100, 50));
  EXPECT_EQ(at(pixels, 30, 20), bytes(kPaper));
}

TEST(Canvas, ShortensTextThatDoesNotFit) {
  const Canvas canvas(10, 10);
  const Canvas::TextStyle style{.size = 12};
  EXPECT_EQ(canvas.fitted("camera 3", 500, style), "camera 3");
  const std::string shorter = canvas.fitted("caméra ééééééééé", 60, style);
  EXPECT_LE(canvas.text_width(shorter, style), 60);
  EXPECT_TRUE(shorter.starts_with("cam")) << shorter;
  EXPECT_TRUE(shorter.ends_with("…")) << shorter;
}

TEST(Canvas, SavesWhatADecoderReads) {
  const test::TemporaryFolder folder;
  Canvas canvas(8, 6);
  canvas.fill({0, 0, 8, 3}, kWrong);
  canvas.save_png(folder / "drawing.png");
  const data::Pixels read = data::decode_pixels(folder / "drawing.png");
  EXPECT_EQ(read.rgb, canvas.pixels().rgb);
  EXPECT_THROW(canvas.save_png("/dev/null/drawing.png"), DataError);
}

TEST(BarChart, BarsAreAsHighAsTheirValues) {
  const BarChart chart{"Title",         "",         "mAP",
                       {"near", "far"}, {"a", "b"}, {{Bar{10, 0}, Bar{20, 0}}, {Bar{40, 2}, {}}}};
  const data::Pixels pixels = draw(chart).pixels();
  const auto height = [&](size_t series, double from, double to) {
    int64_t rows = 0;
    for (int64_t y = 112; y < pixels.height; ++y) {
      bool is_there = false;
      for (auto x = static_cast<int64_t>(from); x < static_cast<int64_t>(to); ++x)
        is_there = is_there || at(pixels, x, y) == bytes(series_colour(series));
      rows += is_there ? 1 : 0;
    }
    return static_cast<double>(rows);
  };
  const double ten = height(0, 64, 64 + 128), twenty = height(0, 64 + 128, 64 + 256);
  EXPECT_NEAR(twenty / ten, 2, 0.05);
  EXPECT_NEAR(height(1, 64, 64 + 128) / ten, 4, 0.1);
  EXPECT_EQ(height(1, 64 + 128, 64 + 256), 0) << "no figure, no bar";
}

TEST(BarChart, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(draw(BarChart{"t", "", "", {}, {"a"}, {{}}}), InvalidArgument);
  EXPECT_THROW(draw(BarChart{"t", "", "", {"g"}, {"a", "b"}, {{Bar{1, 0}}}}), InvalidArgument);
  EXPECT_THROW(draw(BarChart{"t", "", "", {"g"}, {"a"}, {{Bar{-1, 0}}}}), InvalidArgument);
}

TEST(RankedLists, FrameRightAnswersGreenAndWrongOnesRed) {
  const ListedImage image{plain_picture({90, 90, 90}), "camera 1"};
  const auto frames = [&](std::vector<Answer> answers) {
    const data::Pixels pixels = draw({RankedList{image, std::move(answers)}}, {.title = "t"}).pixels();
    return std::pair(count(pixels, kRight), count(pixels, kWrong));
  };
  const auto [right, no_wrong] = frames({{image, true}});
  EXPECT_GT(right, 4 * (64 + 128));
  EXPECT_EQ(no_wrong, 0);
  const auto [two_right, one_wrong] = frames({{image, true}, {image, false}, {image, true}});
  EXPECT_EQ(two_right, 2 * right);
  EXPECT_EQ(one_wrong, right);
  EXPECT_THROW(draw(std::vector<RankedList>{}, {}), InvalidArgument);
}

TEST(ContactSheet, PutsEachPictureAboveItsCaption) {
  data::Pixels picture{60, 40, std::vector<uint8_t>(60 * 40 * 3)};
  const auto of = [&](uint8_t red, const std::string& caption) {
    data::Pixels one = picture;
    for (size_t i = 0; i < one.rgb.size(); i += 3) one.rgb[i] = red;
    return ListedImage{one, caption};
  };
  const Canvas bare = draw_contact_sheet({{of(200, ""), of(100, "")}, {of(50, "")}});
  EXPECT_EQ(bare.width(), 12 + 40 + 10 + 40 + 12);
  EXPECT_EQ(bare.height(), 12 + 60 + 10 + 60 + 12);
  EXPECT_THAT(at(bare.pixels(), 12, 12), ElementsAre(200, 0, 0));
  EXPECT_THAT(at(bare.pixels(), 62, 71), ElementsAre(100, 0, 0));
  EXPECT_THAT(at(bare.pixels(), 12, 82), ElementsAre(50, 0, 0));

  const Canvas told = draw_contact_sheet({{of(200, "a red coat"), of(100, "")}, {of(50, "")}});
  EXPECT_GT(told.height(), bare.height() + 14);
  const std::string many(2000, 'x');
  std::string words;
  for (int i = 0; i < 300; ++i) words += "word ";
  EXPECT_EQ(draw_contact_sheet({{of(200, words)}}).height(), 12 + 60 + 7 * 14 + 6 + 12)
      << "seven lines at most";
  EXPECT_EQ(draw_contact_sheet({{of(200, many)}}).width(), 12 + 40 + 12) << "a long word is cut";
  const Canvas titled = draw_contact_sheet({{of(200, "")}}, "A title wider than the picture");
  EXPECT_GT(titled.width(), 12 + 40 + 12);
  EXPECT_EQ(titled.height(), 12 + 34 + 60 + 12);
  EXPECT_THAT(at(titled.pixels(), 12, 12 + 34), ElementsAre(200, 0, 0));
  EXPECT_THROW(draw_contact_sheet({{}}), InvalidArgument);
}

}  // namespace
}  // namespace dmf::report
