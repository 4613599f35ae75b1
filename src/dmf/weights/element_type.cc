#include "dmf/weights/element_type.h"

#include <bit>
#include <cstring>

#include "dmf/core/error.h"

namespace dmf::weights {

static_assert(std::endian::native == std::endian::little, "both formats are read as they lie in the file");

const ElementType& element_type_of_storage(std::string_view storage) {
  for (const ElementType& known : kElementTypes) {
    if (known.storage == storage) return known;
  }
  throw Error(fmt::format("broken invariant: no element type for {}", storage));
}

std::optional<int64_t> bytes_of_sizes(at::IntArrayRef sizes, const ElementType& type) {
  // libtorch multiplies strides, which leave empty sizes out: they must not overflow either.
  int64_t bytes = type.bytes;
  bool is_empty = false;
  for (const int64_t size : sizes) {
    is_empty = is_empty || size == 0;
    if (size > 0 && __builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  }
  return is_empty ? 0 : bytes;
}

torch::Tensor tensor_from_bytes(std::span<const std::byte> bytes, const ElementType& type) {
  const auto size = static_cast<int64_t>(bytes.size());
  DMF_ASSERT(size % type.bytes == 0);
  const bool is_bool = type.type == torch::kBool;
  torch::Tensor values = torch::empty({size / type.bytes}, is_bool ? torch::kUInt8 : type.type);
  if (size > 0) std::memcpy(values.data_ptr(), bytes.data(), bytes.size());
  return is_bool ? values.ne(0) : values;
}

}  // namespace dmf::weights
