#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dmf/core/file.h"

namespace dmf {

/// What every .npy file begins with.
inline constexpr std::string_view kNpyMagic{"\x93NUMPY", 6};

/// What the header of a NumPy .npy file says (format 1.0 to 3.0).
struct NpyLayout {
  std::string type;            ///< NumPy's name of the element type: "<f4", "|u1" …
  bool is_fortran = false;     ///< the first index runs fastest
  std::vector<int64_t> shape;  ///< empty for a single number
  size_t offset = 0;           ///< of the first element, bytes

  /// Number of elements.
  int64_t count() const;
};

/// Reads the header. Throws DataError where it is none or not understood, or where the data behind it do not
/// have the size that shape and `element_size` ask for.
/// @param element_size  bytes of an element of the given type; 0 = this type is not wanted, which is an error
NpyLayout read_npy_layout(const MappedFile& file, size_t (*element_size)(const std::string& type));

}  // namespace dmf
