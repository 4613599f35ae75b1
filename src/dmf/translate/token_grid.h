#pragma once
#include <cstdint>

namespace dmf::translate {

/// Rows and columns of a token grid.
struct TokenGrid {
  int64_t rows, columns;

  int64_t cells() const { return rows * columns; }
  bool operator==(const TokenGrid&) const = default;
};

}  // namespace dmf::translate
