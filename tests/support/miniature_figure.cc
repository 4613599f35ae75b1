#include "support/miniature_figure.h"

#include <array>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace dmf::test {
namespace {

struct Colour {
  const char* name;
  std::array<int, 3> bgr;
};

constexpr std::array<Colour, 8> kColours{{{"black", {20, 20, 20}},
                                          {"white", {235, 235, 235}},
                                          {"red", {30, 30, 200}},
                                          {"green", {50, 150, 30}},
                                          {"blue", {190, 50, 30}},
                                          {"yellow", {40, 210, 230}},
                                          {"purple", {150, 40, 130}},
                                          {"brown", {40, 75, 120}}}};

const Colour& coat(int64_t person) { return kColours[static_cast<size_t>(person) % kColours.size()]; }

const Colour& trousers(int64_t person) {
  return kColours[static_cast<size_t>(person * 3 + person / 8 + 1) % kColours.size()];
}

}  // namespace

cv::Mat draw_figure(const Figure& figure) {
  const int shade = 60 + static_cast<int>(figure.camera * 37 % 120);
  cv::Mat picture(figure.height, figure.width, CV_8UC3, cv::Scalar(shade - 20, shade, shade));
  const double middle = 0.5 + 0.03 * static_cast<double>(figure.image % 4);
  const auto paint = [&](double top, double bottom, double half, const std::array<int, 3>& bgr) {
    const cv::Point from(static_cast<int>((middle - half) * figure.width),
                         static_cast<int>(top * figure.height));
    const cv::Point to(static_cast<int>((middle + half) * figure.width),
                       static_cast<int>(bottom * figure.height));
    cv::rectangle(picture, from, to, cv::Scalar(bgr[0], bgr[1], bgr[2]), cv::FILLED);
  };
  paint(0.08, 0.2, 0.12, {150, 180, 224});
  paint(0.2, 0.55, 0.25, coat(figure.person).bgr);
  paint(0.55, 0.95, 0.2, trousers(figure.person).bgr);
  return picture;
}

void write_figure(const std::filesystem::path& path, const Figure& figure) {
  std::filesystem::create_directories(path.parent_path());
  if (!cv::imwrite(path.string(), draw_figure(figure)))
    throw std::runtime_error(path.string() + ": cannot be written");
}

std::string figure_caption(int64_t person) {
  return std::string("A ") + (person % 2 == 0 ? "woman" : "man") + " in a " + coat_colour(person) +
         " coat and " + trousers_colour(person) + " trousers.";
}

std::string coat_colour(int64_t person) { return coat(person).name; }

std::string trousers_colour(int64_t person) { return trousers(person).name; }

}  // namespace dmf::test
