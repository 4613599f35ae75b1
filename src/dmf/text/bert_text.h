#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace dmf::text {

/// The words BERT's uncased tokeniser sees in a text, in UTF-8: control characters dropped, Chinese
/// characters set apart, accents stripped (NFD without non-spacing marks), lower case, split at white space,
/// each punctuation mark a word of its own. Malformed UTF-8 is dropped.
///
/// Character by character as the package `tokenizers` 0.23 does it. Its general categories are those of
/// Unicode 8.0: bert_text.cc says where newer ones differ.
std::vector<std::string> bert_words(std::string_view text);

}  // namespace dmf::text
