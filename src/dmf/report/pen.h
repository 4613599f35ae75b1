#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace dmf::report {

/// Red, green, blue, each 0 … 1.
struct Colour {
  double red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

inline constexpr Colour kInk{0.13, 0.14, 0.17};
inline constexpr Colour kFaint{0.55, 0.57, 0.60};
inline constexpr Colour kGrid{0.88, 0.89, 0.91};
inline constexpr Colour kPaper{1, 1, 1};
inline constexpr Colour kRight{0.13, 0.62, 0.32};
inline constexpr Colour kWrong{0.82, 0.20, 0.20};

/// Colour `index` of a series: distinguishable with colour blindness (Okabe and Ito 2008), repeating after
/// seven.
Colour series_colour(size_t index);

enum class Align { kLeft, kCentre, kRight };

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

using Point = std::array<double, 2>;

struct TextStyle {
  double size = 13;
  Colour colour = kInk;
  Align align = Align::kLeft;
  bool is_bold = false;
};

/// What a chart is drawn with: x to the right, y downwards, in pixels. Text is DejaVu Sans, or what the
/// system has in its place.
class Pen {
 public:
  using TextStyle = report::TextStyle;

  virtual ~Pen() = default;
  virtual void fill(const Box& box, Colour colour) = 0;
  virtual void frame(const Box& box, Colour colour, double thickness) = 0;
  virtual void line(double x1, double y1, double x2, double y2, Colour colour, double thickness = 1) = 0;
  /// Lines from each point to the next.
  virtual void path(const std::vector<Point>& points, Colour colour, double thickness) = 0;
  virtual void disc(double x, double y, double radius, Colour colour) = 0;
  /// Writes one line. @param x, y  its left end, middle or right end, as `align` says, on the base line
  virtual void text(const std::string& text, double x, double y, const TextStyle& style) = 0;
  /// Width of that line, pixels.
  virtual double text_width(const std::string& text, const TextStyle& style) const = 0;
  /// `text`, shortened at its end with "…" to at most `width` pixels.
  std::string fitted(std::string text, double width, const TextStyle& style) const;
};

}  // namespace dmf::report
