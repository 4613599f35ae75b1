#include "dmf/report/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/file.h"

namespace dmf::report {
namespace {

constexpr int64_t kLongest = 32767;
constexpr double kPi = 3.14159265358979323846;

void set_colour(cairo_t* context, Colour colour) {
  cairo_set_source_rgb(context, colour.red, colour.green, colour.blue);
}

void set_font(cairo_t* context, const Canvas::TextStyle& style) {
  cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         style.is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, style.size);
}

cairo_status_t append(void* closure, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

struct Canvas::Surface {
  cairo_surface_t* surface;
  cairo_t* context;

  Surface(int64_t width, int64_t height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width),
                                           static_cast<int>(height))),
        context(cairo_create(surface)) {
    if (cairo_surface_status(surface) == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
  }
  ~Surface() {
    cairo_destroy(context);
    cairo_surface_destroy(surface);
  }
  Surface(const Surface&) = delete;
  Surface& operator=(const Surface&) = delete;
};

Canvas::Canvas(int64_t width, int64_t height, Colour background) {
  DMF_CHECK(width >= 1 && height >= 1 && width <= kLongest && height <= kLongest, InvalidArgument,
            "picture of {} x {} pixels: each side must be 1 … {}; hint: show less in one picture", width,
            height, kLongest);
  surface_ = std::make_unique<Surface>(width, height);
  fill({0, 0, static_cast<double>(width), static_cast<double>(height)}, background);
}

Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;

int64_t Canvas::width() const { return cairo_image_surface_get_width(surface_->surface); }
int64_t Canvas::height() const { return cairo_image_surface_get_height(surface_->surface); }

void Canvas::fill(const Box& box, Colour colour) {
  set_colour(surface_->context, colour);
  cairo_rectangle(surface_->context, box.x, box.y, box.width, box.height);
  cairo_fill(surface_->context);
}

void Canvas::frame(const Box& box, Colour colour, double thickness) {
  set_colour(surface_->context, colour);
  cairo_set_line_width(surface_->context, thickness);
  cairo_rectangle(surface_->context, box.x - thickness / 2, box.y - thickness / 2, box.width + thickness,
                  box.height + thickness);
  cairo_stroke(surface_->context);
}

void Canvas::line(double x1, double y1, double x2, double y2, Colour colour, double thickness) {
  set_colour(surface_->context, colour);
  cairo_set_line_width(surface_->context, thickness);
  cairo_move_to(surface_->context, x1, y1);
  cairo_line_to(surface_->context, x2, y2);
  cairo_stroke(surface_->context);
}

void Canvas::path(const std::vector<Point>& points, Colour colour, double thickness) {
  cairo_t* context = surface_->context;
  set_colour(context, colour);
  cairo_set_line_width(context, thickness);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
  for (const auto& [x, y] : points) cairo_line_to(context, x, y);
  cairo_stroke(context);
}

void Canvas::disc(double x, double y, double radius, Colour colour) {
  set_colour(surface_->context, colour);
  cairo_arc(surface_->context, x, y, radius, 0, 2 * kPi);
  cairo_fill(surface_->context);
}

void Canvas::text(const std::string& text, double x, double y, const TextStyle& style) {
  const double width = style.align == Align::kLeft ? 0 : text_width(text, style);
  set_font(surface_->context, style);
  set_colour(surface_->context, style.colour);
  cairo_move_to(surface_->context, x - (style.align == Align::kCentre ? width / 2 : width), y);
  cairo_show_text(surface_->context, text.c_str());
}

double Canvas::text_width(const std::string& text, const TextStyle& style) const {
  set_font(surface_->context, style);
  cairo_text_extents_t extents;
  cairo_text_extents(surface_->context, text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::picture(const data::Pixels& pixels, const Box& box) {
  cairo_surface_t* image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(pixels.width),
                                                      static_cast<int>(pixels.height));
  cairo_surface_flush(image);
  unsigned char* bytes = cairo_image_surface_get_data(image);
  const int64_t stride = cairo_image_surface_get_stride(image);
  for (int64_t y = 0; y < pixels.height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(bytes + y * stride);
    const uint8_t* from = pixels.rgb.data() + y * pixels.width * 3;
    for (int64_t x = 0; x < pixels.width; ++x, from += 3)
      row[x] = static_cast<uint32_t>(from[0]) << 16 | static_cast<uint32_t>(from[1]) << 8 | from[2];
  }
  cairo_surface_mark_dirty(image);
  cairo_t* context = surface_->context;
  cairo_save(context);
  cairo_translate(context, box.x, box.y);
  cairo_scale(context, box.width / static_cast<double>(pixels.width),
              box.height / static_cast<double>(pixels.height));
  cairo_set_source_surface(context, image, 0, 0);
  // Without it the picture's edge fades into what is around it.
  cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD);
  cairo_rectangle(context, 0, 0, static_cast<double>(pixels.width), static_cast<double>(pixels.height));
  cairo_fill(context);
  cairo_restore(context);
  cairo_surface_destroy(image);
}

data::Pixels Canvas::pixels() const {
  cairo_surface_flush(surface_->surface);
  const unsigned char* bytes = cairo_image_surface_get_data(surface_->surface);
  const int64_t stride = cairo_image_surface_get_stride(surface_->surface);
  data::Pixels pixels{height(), width(), {}};
  pixels.rgb.reserve(static_cast<size_t>(pixels.height * pixels.width * 3));
  for (int64_t y = 0; y < pixels.height; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(bytes + y * stride);
    for (int64_t x = 0; x < pixels.width; ++x) {
      for (const int shift : {16, 8, 0}) pixels.rgb.push_back(static_cast<uint8_t>(row[x] >> shift));
    }
  }
  return pixels;
}

void Canvas::save_png(const std::filesystem::path& path) const {
  std::string bytes;
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface_->surface, append, &bytes);
  DMF_CHECK(status == CAIRO_STATUS_SUCCESS, DataError, "{}: cannot be written as PNG: {}", path.string(),
            cairo_status_to_string(status));
  write_text(path, bytes);
}

}  // namespace dmf::report
