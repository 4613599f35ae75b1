#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dmf/data/pixels.h"

namespace dmf::report {

/// A piece of a page. A text becomes one by being escaped, so that nothing that comes from a file can be
/// read as markup; what is markup says so.
class Html {
 public:
  Html() = default;
  /// Escapes & < > " and '. What is not UTF-8, and control characters, become U+FFFD.
  Html(std::string_view text);
  Html(const std::string& text) : Html(std::string_view(text)) {}
  Html(const char* text) : Html(std::string_view(text)) {}
  /// Takes markup as it is.
  static Html from_markup(std::string markup);

  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }
  friend Html operator+(Html first, const Html& second) { return first += second; }
  const std::string& markup() const { return markup_; }
  bool is_empty() const { return markup_.empty(); }

 private:
  std::string markup_;
};

/// Names and values of an element; values are escaped.
using HtmlAttributes = std::vector<std::pair<std::string, std::string>>;

/// <name attributes>content</name>
Html element(std::string_view name, const HtmlAttributes& attributes, const Html& content);
Html element(std::string_view name, const Html& content);

/// A table whose first column holds names and whose others hold figures, in a box that scrolls where the page
/// is too narrow.
/// @param rows  each with as many cells as `header`
Html html_table(const std::vector<Html>& header, const std::vector<std::vector<Html>>& rows);

/// A picture inside the page: JPEG as a data URI.
/// @param quality  1 … 100
Html html_picture(const data::Pixels& pixels, const std::string& description, int quality = 85);

/// Bytes in base 64 (RFC 4648, section 4).
std::string base64(std::string_view bytes);

}  // namespace dmf::report
