#include "dmf/text/caption_items.h"

#include <algorithm>
#include <span>
#include <utility>

namespace dmf::text {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Lower-case words and marks: letters, digits and apostrophes make words; , ( ) become ",", sentence ends
/// ".", & + / stay, a dash between spaces is ",", every other byte parts words.
std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    while (word.ends_with('\'')) word.pop_back();
    if (word.ends_with("'s")) word.resize(word.size() - 2);  // the man's, he's
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](size_t j) { return j < text.size() ? text[j] : ' '; };
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (is_letter_or_digit(c)) {
      word += c;
      continue;
    }
    const bool is_curly = text.substr(i, 3) == "\u2019";
    if ((c == '\'' || is_curly) && !word.empty()) {
      word += '\'';
      i += is_curly ? 2 : 0;
      continue;
    }
    if (c == '/' && word == "w" && at(i + 1) == 'o') continue;  // w/o: "wo" below
    end_word();
    if (std::string_view(",()").find(c) != std::string_view::npos || (c == '-' && at(i + 1) == ' '))
      words.push_back(",");
    if (std::string_view(".;:!?\n").find(c) != std::string_view::npos) words.push_back(".");
    if (std::string_view("&+/").find(c) != std::string_view::npos) words.emplace_back(1, c);
  }
  end_word();
  return words;
}

}  // namespace

CaptionItems read_items(std::string_view caption) {
  const std::vector<std::string> words = split_words(caption);
  CaptionItems items;
  for (size_t i = 0; i < words.size();) {
    const LexiconMatch match = longest_match(std::span(words).subspan(i));
    const size_t end = i + std::max<size_t>(match.words, 1);
    std::string phrase = words[i];
    for (size_t k = i + 1; k < end; ++k) phrase += " " + words[k];
    items.entries.push_back(match.entry);
    items.words.push_back(std::move(phrase));
    i = end;
  }
  items.entries.push_back({.role = Role::kSentence});
  items.words.emplace_back();
  return items;
}

}  // namespace dmf::text
