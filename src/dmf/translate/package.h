#pragma once
#include <filesystem>
#include <string>

namespace dmf::translate {

/// A file of an installed Python package of weights. Looked for in $DMF_PACKAGES, then in .deps/site of the
/// working folder and of the folders above the program, then in PREFIX/share/dmf/encoders of
/// where the program was installed.
/// @param package  as pip calls it, for the message
/// @param file     relative to the packages' folder
/// @throws DataError  it is in none of them
std::filesystem::path package_file(const std::string& package, const std::filesystem::path& file);

}  // namespace dmf::translate
