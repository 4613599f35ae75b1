#include "dmf/report/html.h"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>

#include "dmf/core/error.h"

namespace dmf::report {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

/// Bytes of the character of UTF-8 that `text` begins with; 0 where it begins with none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Too long a form, a half of a pair of UTF-16, or beyond the last character.
  const bool is_wrong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
                        (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return is_wrong ? 0 : length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

}  // namespace

Html::Html(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0 || is_control(text[0])) {
      markup_ += kReplacement;
    } else if (text[0] == '&') {
      markup_ += "&amp;";
    } else if (text[0] == '<') {
      markup_ += "&lt;";
    } else if (text[0] == '>') {
      markup_ += "&gt;";
    } else if (text[0] == '"') {
      markup_ += "&quot;";
    } else if (text[0] == '\'') {
      markup_ += "&#39;";
    } else {
      markup_ += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

Html Html::from_markup(std::string markup) {
  Html html;
  html.markup_ = std::move(markup);
  return html;
}

Html element(std::string_view name, const HtmlAttributes& attributes, const Html& content) {
  std::string open(name);
  for (const auto& [key, value] : attributes) open += fmt::format(" {}=\"{}\"", key, Html(value).markup());
  return Html::from_markup(fmt::format("<{}>{}</{}>", open, content.markup(), name));
}

Html element(std::string_view name, const Html& content) { return element(name, {}, content); }

Html html_table(const std::vector<Html>& header, const std::vector<std::vector<Html>>& rows) {
  Html head, body;
  for (const Html& cell : header) head += element("th", {{"scope", "col"}}, cell);
  for (const auto& row : rows) {
    Html cells;
    for (size_t i = 0; i < row.size(); ++i)
      cells += i == 0 ? element("th", {{"scope", "row"}}, row[i]) : element("td", row[i]);
    body += element("tr", cells);
  }
  return element("div", {{"class", "scroll"}},
                 element("table", element("thead", element("tr", head)) + element("tbody", body)));
}

Html html_picture(const data::Pixels& pixels, const std::string& description, int quality) {
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg-turbo's type
  const int result =
      encoder == nullptr
          ? -1
          : tjCompress2(encoder.get(), pixels.rgb.data(), static_cast<int>(pixels.width), 0,
                        static_cast<int>(pixels.height), TJPF_RGB, &bytes, &size, TJSAMP_420, quality, 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(bytes, tjFree);
  DMF_CHECK(result == 0, Error, "a picture of {} x {} pixels cannot be encoded: {}", pixels.width,
            pixels.height, tjGetErrorStr2(encoder.get()));
  return Html::from_markup(
      fmt::format("<img src=\"data:image/jpeg;base64,{}\" alt=\"{}\" width=\"{}\" "
                  "height=\"{}\">",
                  base64({reinterpret_cast<const char*>(bytes), size}), Html(description).markup(),
                  pixels.width, pixels.height));
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace dmf::report
