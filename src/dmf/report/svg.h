#pragma once
#include <string>

#include "dmf/report/canvas.h"

namespace dmf::report {

/// A drawing for a page: SVG whose ink, faint, grid and paper colours are the page's (CSS variables --ink,
/// --faint, --grid, --paper), so that it is right on light and on dark paper. Other colours are as drawn.
class Svg : public Pen {
 public:
  /// @param title  what is shown, for who cannot see it
  Svg(double width, double height, std::string title);

  void fill(const Box& box, Colour colour) override;
  void frame(const Box& box, Colour colour, double thickness) override;
  void line(double x1, double y1, double x2, double y2, Colour colour, double thickness = 1) override;
  void path(const std::vector<Point>& points, Colour colour, double thickness) override;
  void disc(double x, double y, double radius, Colour colour) override;
  void text(const std::string& text, double x, double y, const TextStyle& style) override;
  double text_width(const std::string& text, const TextStyle& style) const override;

  /// The element <svg>, which shrinks with a narrow page. All text in it is escaped.
  std::string markup() const;

 private:
  double width_, height_;
  std::string title_, body_;
  Canvas measure_;  // for the width of texts
};

}  // namespace dmf::report
