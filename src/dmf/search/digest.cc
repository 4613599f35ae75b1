#include "dmf/search/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>

namespace dmf::search {

int64_t digest(std::span<const std::byte> bytes) {
  return std::bit_cast<int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

int64_t digest(std::string_view text) { return digest(std::as_bytes(std::span(text.data(), text.size()))); }

}  // namespace dmf::search
