#include "dmf/serve/form.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "dmf/serve/message.h"

namespace dmf::serve {
namespace {

constexpr size_t kMostParts = 64, kMostBoundary = 70, kMostPairs = 256;

[[noreturn]] void bad(const std::string& message) { throw Refusal(400, "malformed", message); }

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes what is before `mark` off `text`, with the mark; all of it where there is none.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const size_t at = text.find(mark);
  const std::string_view first = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return first;
}

/// Value of `wanted` in "form-data; name="a"; filename="b"". A semicolon within quotes does not part.
std::string parameter(std::string_view header, std::string_view wanted, bool* is_there = nullptr) {
  take_until(header, ";");
  while (!header.empty()) {
    const std::string_view name = trimmed(take_until(header, "="));
    std::string value;
    if (!header.empty() && header.front() == '"') {
      header.remove_prefix(1);
      while (!header.empty() && header.front() != '"') {
        if (header.front() == '\\' && header.size() > 1) header.remove_prefix(1);
        value += header.front();
        header.remove_prefix(1);
      }
      take_until(header, ";");
    } else {
      value = trimmed(take_until(header, ";"));
    }
    if (!equal_ignoring_case(name, wanted)) continue;
    if (is_there != nullptr) *is_there = true;
    return value;
  }
  return "";
}

FormPart part_of(std::string_view text) {
  FormPart part;
  bool has_name = false;
  for (;;) {
    if (text.find("\r\n") == std::string_view::npos) bad("multipart: a part without an empty line");
    const std::string_view line = take_until(text, "\r\n");
    if (line.empty()) break;
    std::string_view value = line;
    const std::string_view name = trimmed(take_until(value, ":"));
    if (equal_ignoring_case(name, "Content-Disposition")) {
      part.name = parameter(value, "name", &has_name);
      parameter(value, "filename", &part.is_file);
    } else if (equal_ignoring_case(name, "Content-Type")) {
      part.type = trimmed(value);
    }
  }
  if (!has_name || !is_text(part.name)) bad("multipart: a part without a name");
  part.content = text;
  return part;
}

}  // namespace

bool is_text(std::string_view bytes) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    if (first == 0) return false;
    const size_t length = first < 0x80       ? 1
                          : first >> 5 == 6  ? 2
                          : first >> 4 == 14 ? 3
                          : first >> 3 == 30 ? 4
                                             : 0;
    if (length == 0 || bytes.size() - i < length) return false;
    uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(bytes[i + k]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3FU);
    }
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    if ((length > 1 && code < kLeast[length]) || is_surrogate || code > 0x10FFFF) return false;
    i += length;
  }
  return true;
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0) bad("a percent sign without two hexadecimal digits behind it");
      decoded += static_cast<char>(16 * high + low);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!is_text(decoded)) bad("what is not UTF-8, or has a zero byte");
  return decoded;
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    std::string_view pair = take_until(query, "&");
    if (pair.empty()) continue;
    if (pairs.size() == kMostPairs) bad("too many parameters");
    const std::string name = percent_decoded(take_until(pair, "="), true);
    pairs.emplace_back(name, percent_decoded(pair, true));
  }
  return pairs;
}

std::vector<std::string> path_parts(std::string_view path) {
  if (path.empty() || path.front() != '/') bad("a path that does not begin with /");
  path.remove_prefix(1);
  std::vector<std::string> parts;
  while (!path.empty()) {
    parts.push_back(percent_decoded(take_until(path, "/"), false));
    const std::string& part = parts.back();
    if (part.empty() || part == "." || part == "..") bad("a path with a part that is empty, . or ..");
  }
  return parts;
}

std::string media_type(std::string_view content_type) {
  std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  return type;
}

std::vector<FormPart> parse_multipart(std::string_view body, std::string_view content_type) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kMostBoundary) bad("multipart: no boundary in Content-Type");
  const std::string mark = "\r\n--" + boundary;
  const std::string first = "--" + boundary;
  const size_t start = body.starts_with(first) ? 0 : body.find(mark);
  if (start == std::string_view::npos) bad("multipart: the boundary is not in the body");
  body.remove_prefix(start + (start == 0 && body.starts_with(first) ? first.size() : mark.size()));
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    take_until(body, "\r\n");  // what may stand behind a boundary: spaces
    const size_t end = body.find(mark);
    if (end == std::string_view::npos) bad("multipart: the last boundary is missing");
    if (parts.size() == kMostParts) bad("multipart: too many parts");
    parts.push_back(part_of(body.substr(0, end)));
    body.remove_prefix(end + mark.size());
  }
  return parts;
}

}  // namespace dmf::serve
