#include "dmf/report/page.h"

#include <gmock/gmock.h>

#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/report/line_chart.h"
#include "dmf/report/matrix_chart.h"
#include "dmf/report/scatter.h"
#include "dmf/report/svg.h"
#include "support/temporary_folder.h"

namespace dmf::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAttack = "<script>alert(\"1\")</script> & 'x'";
constexpr const char* kHarmless = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;";

TEST(Html, EscapesWhatIsTextAndKeepsWhatIsMarkup) {
  EXPECT_EQ(Html(kAttack).markup(), kHarmless);
  EXPECT_EQ(element("b", {{"title", "\"><i>"}}, "a<b").markup(),
            "<b title=\"&quot;&gt;&lt;i&gt;\">a&lt;b</b>");
  EXPECT_EQ((Html::from_markup("<i>") + Html("<i>")).markup(), "<i>&lt;i&gt;");
  EXPECT_EQ(Html("Zoë 人 \xF0\x9F\x98\x80").markup(), "Zoë 人 \xF0\x9F\x98\x80");
}

TEST(Html, ReplacesWhatIsNotUtf8) {
  const std::string replaced = "a\xEF\xBF\xBD";
  EXPECT_EQ(Html("a\xFF").markup(), replaced);
  EXPECT_EQ(Html("a\xC0\xAF").markup(), replaced + "\xEF\xBF\xBD") << "too long a form of /";
  EXPECT_EQ(Html("a\xE4\xBA").markup(), replaced + "\xEF\xBF\xBD") << "cut short";
  EXPECT_EQ(Html(std::string("a\0", 2)).markup(), replaced);
  EXPECT_EQ(Html("a\xE4<b").markup(), replaced + "&lt;b") << "what follows is read";
}

TEST(Html, Base64IsThatOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(Html, PicturesAreJpegInsideThePage) {
  const data::Pixels picture{4, 2, std::vector<uint8_t>(24, 90)};
  const std::string markup = html_picture(picture, "a \"b\"").markup();
  EXPECT_THAT(markup, HasSubstr("<img src=\"data:image/jpeg;base64,/9j/"));
  EXPECT_THAT(markup, HasSubstr("alt=\"a &quot;b&quot;\" width=\"2\" height=\"4\""));
}

Page page_of_attacks() {
  Page page;
  page.title = page.subtitle = kAttack;
  page.tiles = {{kAttack, kAttack, kAttack}};
  page.parts = {{"part", kAttack, kAttack, html_table({kAttack}, {{kAttack, kAttack}}), kAttack, {kAttack}}};
  page.parts[0].body += image_row({{kAttack, kAttack, RowImage::Frame::kRight, kAttack}}, 2);
  page.footer = kAttack;
  return page;
}

TEST(Page, HoldsNothingThatRunsOrLoads) {
  const std::string text = html(page_of_attacks());
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr(kHarmless));
  EXPECT_THAT(text, HasSubstr("default-src 'none'; img-src data:"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("http://")), Not(HasSubstr("https://")), Not(HasSubstr("<link"))));
  EXPECT_THAT(text, HasSubstr("<a href=\"#part\">"));
}

TEST(Page, TellsRightAndWrongBySignAndColour) {
  const std::string row = image_row({{"p", "c1", RowImage::Frame::kRight, "1"},
                                     {"p", "c2", RowImage::Frame::kWrong, "2"},
                                     {"p", "q", RowImage::Frame::kNone, ""}},
                                    3)
                              .markup();
  EXPECT_THAT(row, HasSubstr("<figure class=\"right\"><div class=\"rank\">1</div>p<figcaption>✓ c1"));
  EXPECT_THAT(row, HasSubstr("<figure class=\"wrong\"><div class=\"rank\">2</div>p<figcaption>✗ c2"));
  EXPECT_THAT(row, HasSubstr("<figcaption>q"));
}

TEST(Svg, EscapesTextsAndTakesThePagesColours) {
  Svg svg(100, 50, kAttack);
  svg.text(kAttack, 1, 2, {});
  svg.line(0, 0, 10, 10, kGrid);
  svg.fill({0, 0, 5, 5}, kRight);
  const std::string markup = svg.markup();
  EXPECT_THAT(markup, Not(HasSubstr("<script")));
  EXPECT_THAT(markup, HasSubstr("stroke:var(--grid)"));
  EXPECT_THAT(markup, HasSubstr("fill:#219e52"));
  EXPECT_THAT(markup, HasSubstr("viewBox=\"0 0 100 50\""));
}

/// The x of a line's places in an SVG.
std::vector<double> columns_of(const std::string& svg) {
  const size_t from = svg.find("points=\"") + 8;
  std::istringstream places(svg.substr(from, svg.find('"', from) - from));
  std::vector<double> columns;
  double x = 0, y = 0;
  for (char comma = 0; places >> x >> comma >> y;) columns.push_back(x);
  return columns;
}

TEST(LineChart, LogarithmicAxisHasOneDistanceForEachFactor) {
  LineChart chart;
  chart.series = {{"roc", {{0.001, 10}, {0.01, 20}, {0.1, 90}}}};
  chart.has_log_x = true;
  const std::vector<double> log = columns_of(to_svg(chart));
  ASSERT_EQ(log.size(), 3);
  EXPECT_NEAR(log[1] - log[0], log[2] - log[1], 0.02);
  chart.has_log_x = false;
  const std::vector<double> linear = columns_of(to_svg(chart));
  EXPECT_NEAR((linear[2] - linear[1]) / (linear[1] - linear[0]), 10, 0.2);
  EXPECT_GT(draw(chart).width(), 100);
}

TEST(LineChart, RefusesWhatCannotBeDrawn) {
  LineChart chart;
  EXPECT_THROW(to_svg(chart), InvalidArgument);
  chart.series = {{"a", {}}};
  EXPECT_THROW(draw(chart), InvalidArgument);
  chart.series = {{"a", {{0, std::numeric_limits<double>::quiet_NaN()}}}};
  EXPECT_THROW(draw(chart), InvalidArgument);
  chart.series = {{"a", {{0, 1}}}};
  EXPECT_EQ(draw(chart).height(), 360) << "one point is a chart";
  chart.has_log_x = true;
  EXPECT_THROW(draw(chart), InvalidArgument);
}

TEST(MatrixChart, ShowsWhatThereIsAndADashForTheRest) {
  MatrixChart chart{"t", "query", "gallery", {"1", "2"}, {"1", "2"}, {{{}, 40.0}, {75.25, {}}}};
  const std::string table = to_html(chart).markup();
  EXPECT_THAT(table, HasSubstr("rgba(0,115,179,0.30)\">40.0"));
  EXPECT_THAT(table, HasSubstr("75.2"));
  EXPECT_THAT(table, HasSubstr("<td>–</td>"));
  EXPECT_GT(draw(chart).height(), 100);
  chart.values.pop_back();
  EXPECT_THROW(to_html(chart), InvalidArgument);
  EXPECT_THROW(draw(MatrixChart{}), InvalidArgument);
}

TEST(Scatter, IsTheSameAsPictureAndAsSvg) {
  const std::vector<ScatterPanel> panels{
      {"a <b>", "", {{0, 0, 3, Mark::kDisc}, {1, 1, 4, Mark::kSquare}}, {{0, 1}}}};
  const std::string svg = to_svg(panels, "title", {"image", "text"});
  EXPECT_THAT(svg, HasSubstr("a &lt;b&gt;"));
  EXPECT_THAT(svg, HasSubstr("<circle"));
  EXPECT_GT(draw(panels, "title", {"image", "text"}).width(), 380);
}

}  // namespace
}  // namespace dmf::report
