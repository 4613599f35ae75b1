#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "dmf/text/lexicon.h"

namespace dmf::text {

/// A caption as the lexicon's phrases, one after the other, with a sentence's end behind the last.
struct CaptionItems {
  std::vector<LexiconEntry> entries;
  std::vector<std::string> words;  ///< of each, in lower case: "t shirt"; empty for the added end
};

/// Letters, digits and apostrophes make words; commas, brackets, sentence ends, & + / are items too.
CaptionItems read_items(std::string_view caption);

}  // namespace dmf::text
