#pragma once
#include <torch/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace dmf::weights {

/// One type of elements that a file of weights may hold.
struct ElementType {
  std::string_view name;     ///< in safetensors: "BF16"
  std::string_view storage;  ///< PyTorch's class of storages: "BFloat16Storage"
  torch::Dtype type;
  int64_t bytes;  ///< of one element
};

inline constexpr ElementType kElementTypes[] = {
    {"F64", "DoubleStorage", torch::kFloat64, 8}, {"F32", "FloatStorage", torch::kFloat32, 4},
    {"F16", "HalfStorage", torch::kFloat16, 2},   {"BF16", "BFloat16Storage", torch::kBFloat16, 2},
    {"I64", "LongStorage", torch::kInt64, 8},     {"I32", "IntStorage", torch::kInt32, 4},
    {"I16", "ShortStorage", torch::kInt16, 2},    {"I8", "CharStorage", torch::kInt8, 1},
    {"U8", "ByteStorage", torch::kUInt8, 1},      {"BOOL", "BoolStorage", torch::kBool, 1}};

/// The type of a storage by its class's name, which must be one of the table's.
const ElementType& element_type_of_storage(std::string_view storage);

/// Bytes of a tensor of these sizes (each >= 0); nothing where they multiply beyond 63 bits, empty ones left
/// out.
std::optional<int64_t> bytes_of_sizes(at::IntArrayRef sizes, const ElementType& type);

/// A tensor [count] on the CPU of little-endian bytes, copied; bytes other than 0 become true for bool.
/// @param bytes  a whole number of elements, at any address
torch::Tensor tensor_from_bytes(std::span<const std::byte> bytes, const ElementType& type);

}  // namespace dmf::weights
