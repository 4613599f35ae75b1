#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace dmf::cli {

/// A part of the program that others wrote.
struct Component {
  std::string name, version;
  std::string licence;  ///< SPDX expression, or where it is told
  std::string use;      ///< "linked", "compiled in", "shipped"
};

/// The parts that a list of them in SPDX's JSON names.
/// @throws DataError  no such file, or none of this form
std::vector<Component> read_parts(const std::filesystem::path& sbom);

/// A table of them.
std::string parts_table(const std::vector<Component>& parts);

}  // namespace dmf::cli
