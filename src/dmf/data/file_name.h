#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace dmf::data {

/// Whole text as a decimal number; empty where it is anything else.
std::optional<int64_t> parse_integer(std::string_view text);

/// Identity and camera of a name in Market's or CUHK03-NP's form: `ID_cCAM…`.
struct PersonAndCamera {
  int64_t identity;
  int64_t camera;
};

/// Reads `0002_c1s1_000451_03.jpg`, `-1_c3s2_…`, `0003_c1_21.png`; empty where the name has another form.
std::optional<PersonAndCamera> parse_person_and_camera(std::string_view file_name);

/// What RandPerson's names tell.
struct RandPersonName {
  int64_t identity;  ///< from 0
  int64_t scene;
  int64_t camera;  ///< counted from 0 in each scene
};

/// Reads `000000_s00_c00_f000264.jpg` and the older `000000_c00_s00_f000264.jpg`; empty where the name has
/// another form.
std::optional<RandPersonName> parse_randperson(std::string_view file_name);

/// Camera of a file in a folder of its identity: the first part `cN` or `cNsM` among the parts of the name
/// (without its extension) that are separated by `_`, `-` or `.`.
std::optional<int64_t> parse_camera(std::string_view file_name);

/// True for the extensions of the formats that decode_pixels() reads, in upper or lower case.
bool has_image_extension(const std::filesystem::path& path);

/// The extensions, for messages.
std::string_view image_extensions();

}  // namespace dmf::data
