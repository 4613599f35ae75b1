#pragma once
#include <span>
#include <string_view>

#include "dmf/text/lexicon.h"

namespace dmf::text {

/// Phrases of one meaning, parted by '|': lower case, hyphens written as spaces.
struct LexiconGroup {
  std::string_view canonical;
  std::string_view phrases;
};

/// Groups of one role and slot.
struct LexiconTable {
  Role role;
  Slot slot;
  std::span<const LexiconGroup> groups;
};

/// What a person looks like: nouns, colours, qualities (look_words.cc).
std::span<const LexiconTable> look_tables();

/// The words that hold a sentence together (grammar_words.cc).
std::span<const LexiconTable> grammar_tables();

}  // namespace dmf::text
