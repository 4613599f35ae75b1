#pragma once
#include <torch/types.h>

#include <filesystem>

namespace dmf {

/// Writes a tensor as NumPy's .npy (format 1.0, C order), atomically. bfloat16 and float16 become float32.
/// @param tensor  any shape; bool, uint8, int32, int64, float32 or float64 after that conversion
void write_npy(const std::filesystem::path& path, const torch::Tensor& tensor);

/// Reads a .npy written by NumPy or write_npy. Throws DataError on anything it does not know.
torch::Tensor read_npy(const std::filesystem::path& path);

}  // namespace dmf
