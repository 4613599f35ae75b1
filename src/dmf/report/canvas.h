#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "dmf/data/pixels.h"

namespace dmf::report {

/// Red, green, blue, each 0 … 1.
struct Colour {
  double red = 0, green = 0, blue = 0;
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

/// A picture that is drawn on: x to the right, y downwards, in pixels. Text is DejaVu Sans, or what the
/// system has in its place.
class Canvas {
 public:
  /// @throws InvalidArgument  a size below 1 or above 32767, what Cairo can draw
  Canvas(int64_t width, int64_t height, Colour background = kPaper);
  ~Canvas();
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;

  int64_t width() const;
  int64_t height() const;

  void fill(const Box& box, Colour colour);
  void frame(const Box& box, Colour colour, double thickness);
  void line(double x1, double y1, double x2, double y2, Colour colour, double thickness = 1);
  void disc(double x, double y, double radius, Colour colour);

  struct TextStyle {
    double size = 13;
    Colour colour = kInk;
    Align align = Align::kLeft;
    bool is_bold = false;
  };
  /// Writes one line. @param x, y  its left end, middle or right end, as `align` says, on the base line
  void text(const std::string& text, double x, double y, const TextStyle& style);
  /// Width of that line, pixels.
  double text_width(const std::string& text, const TextStyle& style) const;
  /// `text`, shortened at its end with "…" to at most `width` pixels.
  std::string fitted(std::string text, double width, const TextStyle& style) const;

  /// Draws a picture into a box, stretched.
  void picture(const data::Pixels& pixels, const Box& box);

  /// The drawn pixels.
  data::Pixels pixels() const;
  /// Writes a PNG, whole or not at all. @throws DataError  it cannot be written
  void save_png(const std::filesystem::path& path) const;

 private:
  struct Surface;
  std::unique_ptr<Surface> surface_;
};

}  // namespace dmf::report
