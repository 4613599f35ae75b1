#include "dmf/text/byte_level.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <span>

namespace dmf::text {
namespace {

enum class Class { kLetter, kNumber, kSpace, kOther, kEnd };

/// Characters of one class, both ends included.
struct Range {
  UChar32 first, last;
};

// Letters and numbers that Unicode 15.1 and 16 added: `tokenizers` has them, ICU 72 not yet. All characters
// were compared: tools/make_bpe_golden.py.
constexpr Range kNewLetters[] = {
    {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3}, {0x10D4A, 0x10D65},
    {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x11380, 0x11389}, {0x1138B, 0x1138B}, {0x1138E, 0x1138E},
    {0x11390, 0x113B5}, {0x113B7, 0x113B7}, {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0},
    {0x13460, 0x143FA}, {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF}, {0x1E5D0, 0x1E5ED},
    {0x1E5F0, 0x1E5F0}, {0x2EBF0, 0x2EE5D}};
constexpr Range kNewNumbers[] = {{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9},
                                 {0x16130, 0x16139}, {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9},
                                 {0x1E5F1, 0x1E5FA}};

bool among(UChar32 c, std::span<const Range> ranges) {
  return std::ranges::any_of(ranges, [c](const Range& range) { return c >= range.first && c <= range.last; });
}

/// A character of a text: what it is and where the next one begins.
struct Character {
  Class kind;
  size_t next;
};

Class class_of(UChar32 c) {
  const uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return Class::kLetter;
  if ((category & U_GC_N_MASK) != 0) return Class::kNumber;
  if (category == U_GC_CN_MASK && among(c, kNewLetters)) return Class::kLetter;
  if (category == U_GC_CN_MASK && among(c, kNewNumbers)) return Class::kNumber;
  return u_isUWhiteSpace(c) ? Class::kSpace : Class::kOther;
}

Character character_at(std::string_view text, size_t at) {
  if (at >= text.size()) return {Class::kEnd, at};
  UChar32 c = 0;
  U8_NEXT(text.data(), at, text.size(), c);
  return {class_of(c), at};
}

/// Length of the contraction at `at`, 0 where there is none.
size_t contraction(std::string_view text, size_t at) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.substr(at, ending.size()) == ending) return ending.size();
  }
  return 0;
}

/// End of the run of characters of one class that begins at `at`.
size_t end_of_run(std::string_view text, size_t at, Class kind) {
  for (Character c = character_at(text, at); c.kind == kind; c = character_at(text, at)) at = c.next;
  return at;
}

/// End of the white space at `at` that is a word of its own: a last character before a word is left out, so
/// that a space can go with that word; alone it cannot be left out.
size_t end_of_spaces(std::string_view text, size_t at) {
  size_t last = at, end = at;
  for (Character c = character_at(text, end); c.kind == Class::kSpace; c = character_at(text, end)) {
    last = end;
    end = c.next;
  }
  return end == text.size() || last == at ? end : last;
}

size_t end_of_word(std::string_view text, size_t at) {
  if (const size_t length = contraction(text, at); length > 0) return at + length;
  const size_t first = at + (text[at] == ' ' ? 1 : 0);
  const Class kind = character_at(text, first).kind;
  if (kind == Class::kSpace || kind == Class::kEnd) return end_of_spaces(text, at);
  return end_of_run(text, first, kind);
}

std::string utf8(UChar32 c) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  size_t length = 0;
  U8_APPEND_UNSAFE(bytes.data(), length, c);
  return {bytes.data(), length};
}

bool is_printable_latin(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

std::array<std::string, 256> make_byte_characters() {
  std::array<std::string, 256> characters;
  UChar32 next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    characters[static_cast<size_t>(byte)] = utf8(is_printable_latin(byte) ? byte : next++);
  }
  return characters;
}

}  // namespace

std::vector<std::string_view> gpt2_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of_word(text, at);
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string well_formed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    UChar32 c = 0;
    U8_NEXT(text.data(), at, text.size(), c);
    if (c < 0) {
      out += "\uFFFD";
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out;
}

const std::array<std::string, 256>& byte_characters() {
  static const std::array<std::string, 256> characters = make_byte_characters();
  return characters;
}

}  // namespace dmf::text
