#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dmf::text {

/// Words as GPT-2 parts a text, spaces kept:
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// "I'm  here" → {"I", "'m", " ", " here"}. Put together they are the text again.
/// Source: Radford et al. 2019. General categories are those of Unicode 16.
///
/// @param text  well-formed UTF-8; the views point into it
std::vector<std::string_view> gpt2_words(std::string_view text);

/// The text with each malformed sequence replaced by U+FFFD, as Python's decode("utf-8", "replace") does.
std::string well_formed(std::string_view text);

/// The character, in UTF-8, that stands for each byte in a byte-level vocabulary: printable Latin-1 stands
/// for itself, the other 68 bytes are U+0100 … in order ("Ġ" is a space).
const std::array<std::string, 256>& byte_characters();

}  // namespace dmf::text
