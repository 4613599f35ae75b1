#include "dmf/data/file_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

namespace dmf::data {
namespace {

constexpr std::array kExtensions{".jpg", ".jpeg", ".png", ".bmp", ".webp",
                                 ".tif", ".tiff", ".ppm", ".pgm", ".pnm"};

/// Length of the digits that `text` starts with.
size_t count_digits(std::string_view text) {
  const auto end =
      std::find_if(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) == 0; });
  return static_cast<size_t>(end - text.begin());
}

/// Camera of `cN` or `cNsM`.
std::optional<int64_t> camera_of_part(std::string_view part) {
  if (part.size() < 2 || part[0] != 'c') return {};
  const size_t digits = count_digits(part.substr(1));
  const std::string_view rest = part.substr(1 + digits);
  const bool has_sequence =
      rest.size() > 1 && rest[0] == 's' && count_digits(rest.substr(1)) == rest.size() - 1;
  if (!rest.empty() && !has_sequence) return {};
  return parse_integer(part.substr(1, digits));
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<PersonAndCamera> parse_person_and_camera(std::string_view file_name) {
  const size_t separator = file_name.find('_');
  if (separator == std::string_view::npos) return {};
  const auto identity = parse_integer(file_name.substr(0, separator));
  const std::string_view rest = file_name.substr(separator + 1);
  const auto camera = camera_of_part(rest.substr(0, rest.find_first_of("_.")));
  if (!identity || *identity < -1 || !camera) return {};
  return PersonAndCamera{*identity, *camera};
}

std::optional<RandPersonName> parse_randperson(std::string_view file_name) {
  std::optional<int64_t> identity, scene, camera, frame;
  std::string_view rest = file_name.substr(0, file_name.rfind('.'));
  for (int part = 0; part < 4; ++part) {
    const size_t end = rest.find('_');
    const std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (text.empty()) return {};
    if (part == 0) {
      identity = parse_integer(text);
    } else {
      auto& value = text[0] == 's' ? scene : text[0] == 'c' ? camera : frame;
      if (value || (&value == &frame && text[0] != 'f')) return {};
      value = parse_integer(text.substr(1));
    }
  }
  if (!rest.empty() || !identity || !scene || !camera || !frame || *identity < 0) return {};
  return RandPersonName{*identity, *scene, *camera};
}

std::optional<int64_t> parse_camera(std::string_view file_name) {
  std::string_view rest = file_name.substr(0, file_name.rfind('.'));
  while (true) {
    const size_t end = rest.find_first_of("_-.");
    if (const auto camera = camera_of_part(rest.substr(0, end))) return camera;
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
}

bool has_image_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::string_view image_extensions() { return ".jpg .jpeg .png .bmp .webp .tif .tiff .ppm .pgm .pnm"; }

}  // namespace dmf::data
