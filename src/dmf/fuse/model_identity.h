#pragma once
#include <filesystem>
#include <string>

namespace dmf::fuse {

/// Tells models apart by what their vectors depend on: weights, options and preprocessing; not by what was
/// written into the file since (a calibrated threshold, say). 16 hexadecimal digits.
/// @throws DataError  not a model file
std::string model_identity(const std::filesystem::path& model);

}  // namespace dmf::fuse
