#include "dmf/report/svg.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "dmf/report/html.h"

namespace dmf::report {
namespace {

std::string css(Colour colour) {
  if (colour == kInk) return "var(--ink)";
  if (colour == kFaint) return "var(--faint)";
  if (colour == kGrid) return "var(--grid)";
  if (colour == kPaper) return "var(--paper)";
  const auto byte = [](double value) { return static_cast<int>(std::lround(value * 255)); };
  return fmt::format("#{:02x}{:02x}{:02x}", byte(colour.red), byte(colour.green), byte(colour.blue));
}

/// Two digits are enough for a hundredth of a pixel.
std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

const char* anchor(Align align) {
  switch (align) {
    case Align::kCentre:
      return "middle";
    case Align::kRight:
      return "end";
    case Align::kLeft:
      break;
  }
  return "start";
}

}  // namespace

Svg::Svg(double width, double height, std::string title)
    : width_(width), height_(height), title_(std::move(title)), measure_(1, 1) {}

void Svg::fill(const Box& box, Colour colour) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" style=\"fill:{}\"/>",
                       number(box.x), number(box.y), number(box.width), number(box.height), css(colour));
}

void Svg::frame(const Box& box, Colour colour, double thickness) {
  body_ += fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" style=\"fill:none;stroke:{};stroke-width:{}\"/>",
      number(box.x - thickness / 2), number(box.y - thickness / 2), number(box.width + thickness),
      number(box.height + thickness), css(colour), number(thickness));
}

void Svg::line(double x1, double y1, double x2, double y2, Colour colour, double thickness) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" style=\"stroke:{};stroke-width:{}\"/>",
                       number(x1), number(y1), number(x2), number(y2), css(colour), number(thickness));
}

void Svg::path(const std::vector<Point>& points, Colour colour, double thickness) {
  std::string places;
  for (const auto& [x, y] : points) places += number(x) + "," + number(y) + " ";
  body_ += fmt::format(
      "<polyline points=\"{}\" style=\"fill:none;stroke:{};stroke-width:{};stroke-linejoin:round\"/>", places,
      css(colour), number(thickness));
}

void Svg::disc(double x, double y, double radius, Colour colour) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" style=\"fill:{}\"/>", number(x), number(y),
                       number(radius), css(colour));
}

void Svg::text(const std::string& text, double x, double y, const TextStyle& style) {
  body_ += fmt::format(
      "<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" style=\"font-size:{}px;font-weight:{};fill:{}\">{}</text>",
      number(x), number(y), anchor(style.align), number(style.size), style.is_bold ? 600 : 400,
      css(style.colour), Html(text).markup());
}

double Svg::text_width(const std::string& text, const TextStyle& style) const {
  return measure_.text_width(text, style);
}

std::string Svg::markup() const {
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" style=\"width:{0}px;max-width:100%;height:auto\" role=\"img\" "
      "aria-label=\"{2}\">{3}</svg>",
      number(width_), number(height_), Html(title_).markup(), body_);
}

}  // namespace dmf::report
