#include "dmf/report/pen.h"

namespace dmf::report {
namespace {

/// Takes the last character of UTF-8 off.
void drop_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

Colour series_colour(size_t index) {
  static constexpr std::array<Colour, 7> kColours{{{0.60, 0.62, 0.66},
                                                   {0.90, 0.62, 0.00},
                                                   {0.34, 0.71, 0.91},
                                                   {0.00, 0.45, 0.70},
                                                   {0.00, 0.62, 0.45},
                                                   {0.84, 0.37, 0.00},
                                                   {0.80, 0.47, 0.65}}};
  return kColours[index % kColours.size()];
}

std::string Pen::fitted(std::string text, double width, const TextStyle& style) const {
  if (text_width(text, style) <= width) return text;
  while (!text.empty() && text_width(text + "…", style) > width) drop_last_character(text);
  return text + "…";
}

}  // namespace dmf::report
