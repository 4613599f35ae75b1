#pragma once
#include <filesystem>
#include <map>
#include <string>

namespace dmf::weights {

/// The header's `__metadata__` of a safetensors file, which is checked as read_safetensors() (tensor_file.h)
/// does, without reading its tensors. Empty where it has none.
/// @throws DataError  as read_safetensors()
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& path);

/// Tells files of different tensors apart, whatever their metadata say: 16 hexadecimal digits of a SHA-256
/// over names, types, shapes and bytes.
/// @throws DataError  as read_safetensors()
std::string tensors_fingerprint(const std::filesystem::path& path);

/// Gives a safetensors file other metadata. The tensors are copied byte by byte; the file is replaced whole.
/// @throws InvalidArgument  a text that is not UTF-8
/// @throws DataError        as read_safetensors(); the file cannot be written
void write_safetensors_metadata(const std::filesystem::path& path,
                                const std::map<std::string, std::string>& metadata);

}  // namespace dmf::weights
