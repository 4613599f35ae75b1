#include "dmf/text/bert_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>

#include "dmf/core/error.h"

namespace dmf::text {
namespace {

// `tokenizers` takes general categories from a table of Unicode 8.0, ICU from a newer one. A character that
// came later has no category there; these few had another one then. All characters were compared:
// tools/make_text_golden.py.
constexpr int kCategoryVersion = 8;
constexpr std::array<UChar32, 2> kPunctuationThen = {0x166D, 0x111C9};
constexpr std::array<UChar32, 1> kMarkThen = {0x1734};
constexpr std::array<UChar32, 4> kNotMarkThen = {0x1885, 0x1886, 0xA9BD, 0x111C9};

bool is_old(UChar32 c) {
  UVersionInfo age;
  u_charAge(c, age);
  return age[0] <= kCategoryVersion;
}

bool among(UChar32 c, const auto& list) { return std::find(list.begin(), list.end(), c) != list.end(); }

bool is_punctuation(UChar32 c) {
  if (c < 0x80)
    return (c > 0x20 && c < 0x30) || (c > 0x39 && c < 0x41) || (c > 0x5A && c < 0x61) ||
           (c > 0x7A && c < 0x7F);
  return (u_ispunct(c) && is_old(c)) || among(c, kPunctuationThen);
}

bool is_nonspacing_mark(UChar32 c) {
  if (u_charType(c) == U_NON_SPACING_MARK) return is_old(c) && !among(c, kNotMarkThen);
  return among(c, kMarkThen);
}

/// What cleaning drops; tab, line feed and carriage return become spaces instead.
bool is_dropped(UChar32 c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c == 0xFFFD) return true;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_PRIVATE_USE_CHAR:
      return true;
    case U_FORMAT_CHAR:
      return is_old(c);
    default:
      return false;
  }
}

/// The blocks `tokenizers` sets apart. Its last extension begins at 2B920 (a slip for 2B820): kept, to be
/// identical.
bool is_chinese(UChar32 c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

template <class F>
void for_each_character(const icu::UnicodeString& text, F visit) {
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) visit(text.char32At(i));
}

icu::UnicodeString cleaned(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  for_each_character(text, [&](UChar32 c) {
    if (is_dropped(c)) return;
    if (u_isUWhiteSpace(c)) {
      out.append(UChar32{' '});
    } else if (is_chinese(c)) {
      out.append(UChar32{' '}).append(c).append(UChar32{' '});
    } else {
      out.append(c);
    }
  });
  return out;
}

icu::UnicodeString decomposed(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  icu::UnicodeString out;
  if (U_SUCCESS(status)) out = nfd->normalize(text, status);
  if (U_FAILURE(status))
    throw Error(fmt::format("[bert_words] ICU cannot normalise: {}", u_errorName(status)));
  return out;
}

}  // namespace

std::vector<std::string> bert_words(std::string_view text) {
  const auto utf16 =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  std::vector<std::string> words;
  icu::UnicodeString word;
  const auto end_word = [&] {
    if (word.isEmpty()) return;
    word.toUTF8String(words.emplace_back());
    word.remove();
  };
  for_each_character(decomposed(cleaned(utf16)), [&](UChar32 c) {
    if (is_nonspacing_mark(c)) return;
    // One character at a time: lower-casing a whole text would turn a last capital sigma into a final one.
    c = u_tolower(c);
    if (u_isUWhiteSpace(c)) return end_word();
    if (!is_punctuation(c)) {
      word.append(c);
      return;
    }
    end_word();
    word.append(c);
    end_word();
  });
  end_word();
  return words;
}

}  // namespace dmf::text
