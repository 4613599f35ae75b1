#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dmf/data/pixels.h"
#include "dmf/report/pen.h"

namespace dmf::report {

/// A picture of pixels that is drawn on.
class Canvas : public Pen {
 public:
  /// @throws InvalidArgument  a size below 1 or above 32767, what Cairo can draw
  Canvas(int64_t width, int64_t height, Colour background = kPaper);
  ~Canvas() override;
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;

  int64_t width() const;
  int64_t height() const;

  void fill(const Box& box, Colour colour) override;
  void frame(const Box& box, Colour colour, double thickness) override;
  void line(double x1, double y1, double x2, double y2, Colour colour, double thickness = 1) override;
  void path(const std::vector<Point>& points, Colour colour, double thickness) override;
  void disc(double x, double y, double radius, Colour colour) override;
  void text(const std::string& text, double x, double y, const TextStyle& style) override;
  double text_width(const std::string& text, const TextStyle& style) const override;

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
