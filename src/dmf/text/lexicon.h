#pragma once
#include <span>
#include <string>
#include <string_view>

#include "dmf/text/keywords.h"

namespace dmf::text {

/// What a word does in a caption, as far as finding key words needs it.
enum class Role {
  kNoun,        ///< garment, person, thing: ends a group of modifiers
  kColour,      ///< "red"
  kShade,       ///< "dark": part of the colour after it, a colour of its own before a noun
  kQuality,     ///< pattern, material, length: "striped"
  kAge,         ///< "young": kept for persons only
  kFiller,      ///< says nothing and may stand between modifiers: "plain", "pair of"
  kColourWord,  ///< "colored", "in color"
  kAnd,         ///< and & + /
  kOr,          ///< or, nor
  kComma,       ///< , ( )
  kSentence,    ///< . ; ! ? :
  kCopula,      ///< is, are, looks
  kRelative,    ///< that, which
  kIn,          ///< in
  kAll,         ///< all, entirely: "in all black"
  kArticle,     ///< a, the, his
  kVerb,        ///< wearing, has: begins a new statement
  kVisible,     ///< visible, seen: "is not visible" takes the noun back
  kNegation,    ///< no, without, isn't
  kContrast,    ///< but: ends a negation
  kBreak,       ///< any other function word: with, on, behind
  kOther        ///< not in the lexicon
};

/// A phrase of the lexicon.
struct LexiconEntry {
  Role role = Role::kOther;
  Slot slot = Slot::kLook;
  std::string_view canonical = {};  ///< empty: gives no key word
};

/// Longest phrase of the lexicon that `words` begin with (lower case, hyphens are word breaks); a noun's
/// plural in -s or -es is found too.
struct LexiconMatch {
  LexiconEntry entry;
  size_t words = 0;  ///< 0: none
};
LexiconMatch longest_match(std::span<const std::string> words);

}  // namespace dmf::text
