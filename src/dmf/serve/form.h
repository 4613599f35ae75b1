#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dmf::serve {

// How requests are written. Each of these reads bytes of anybody's.

/// "a%20b" → "a b". @param plus_is_space  as in a query, not in a path
/// @throws Refusal  400: a percent sign without two digits, a zero byte, not UTF-8
std::string percent_decoded(std::string_view text, bool plus_is_space);

/// "a=1&b=2" → its names and values, in order. @throws Refusal  as percent_decoded()
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// The parts of a path, decoded: "/crops/7" → {"crops", "7"}. What is "/" after decoding does not part.
/// @throws Refusal  400: as percent_decoded(), empty parts, "." and ".."
std::vector<std::string> path_parts(std::string_view path);

/// A part of a form.
struct FormPart {
  std::string name;
  bool is_file = false;  ///< it has a file name
  std::string type;      ///< Content-Type; may be empty
  std::string_view content;
};

/// The parts of a body of type multipart/form-data (RFC 7578), which must outlive them.
/// @param content_type  the header, with the boundary
/// @throws Refusal  400: no such form, more than 64 parts
std::vector<FormPart> parse_multipart(std::string_view body, std::string_view content_type);

/// "image/png; a=b" → "image/png", in lower case.
std::string media_type(std::string_view content_type);

/// Whether it is well-formed UTF-8 without zero bytes.
bool is_text(std::string_view bytes);

}  // namespace dmf::serve
