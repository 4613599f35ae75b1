#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dmf::search {

/// XXH3 of some bytes, 64 bits: finds accidental damage, as fast as memory is read. Against somebody who
/// wants to deceive it is no protection.
int64_t digest(std::span<const std::byte> bytes);
int64_t digest(std::string_view text);

}  // namespace dmf::search
