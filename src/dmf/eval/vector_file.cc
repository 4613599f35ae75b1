#include "dmf/eval/vector_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "dmf/core/error.h"
#include "dmf/core/npy_layout.h"

namespace dmf::eval {
namespace {

size_t float_size(const std::string& type) {
  if (type.size() != 3 || (type[0] != '<' && type[0] != '>') || type[1] != 'f') return 0;
  return type[2] == '2' || type[2] == '4' || type[2] == '8' ? static_cast<size_t>(type[2] - '0') : 0;
}

float half_to_float(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  float value = 0;
  if (exponent == 31) {
    value = mantissa != 0 ? NAN : INFINITY;
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

template <class T>
T bytes_as(const std::byte* at, bool is_turned) {
  std::array<std::byte, sizeof(T)> bytes;
  std::copy_n(at, sizeof(T), bytes.begin());
  if (is_turned) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

float element(const std::byte* at, size_t size, bool is_turned) {
  if (size == 2) return half_to_float(bytes_as<uint16_t>(at, is_turned));
  if (size == 4) return bytes_as<float>(at, is_turned);
  return static_cast<float>(bytes_as<double>(at, is_turned));
}

}  // namespace

VectorSet read_npy_vectors(const std::filesystem::path& path) {
  auto file = std::make_unique<MappedFile>(path);
  const NpyLayout layout = read_npy_layout(*file, float_size);
  DMF_CHECK(layout.shape.size() == 2, DataError, "{}: expected [N, D] of a floating type, got {} dimensions",
            path.string(), layout.shape.size());
  const int64_t count = layout.shape[0], width = layout.shape[1];
  DMF_CHECK(width > 0, DataError, "{}: vectors of width 0", path.string());
  const std::byte* data = file->bytes().data() + layout.offset;
  const size_t size = float_size(layout.type);
  const bool is_turned = layout.type[0] == '>';
  if (size == sizeof(float) && !is_turned && !layout.is_fortran &&
      reinterpret_cast<uintptr_t>(data) % alignof(float) == 0) {
    const std::span values(reinterpret_cast<const float*>(data), static_cast<size_t>(count * width));
    return {std::move(file), {values, count, width}};
  }
  std::vector<float> values(static_cast<size_t>(count * width));
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < width; ++k) {
      const int64_t place = layout.is_fortran ? k * count + i : i * width + k;
      values[static_cast<size_t>(i * width + k)] =
          element(data + static_cast<size_t>(place) * size, size, is_turned);
    }
  }
  return {std::move(values), count, width};
}

}  // namespace dmf::eval
