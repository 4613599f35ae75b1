#include "dmf/text/wording.h"

namespace dmf::text {

std::string pick(RandomStream& random, std::initializer_list<std::string_view> choices) {
  return std::string(choices.begin()[random.integer(static_cast<int64_t>(choices.size()))]);
}

std::string with_article(const std::string& words) {
  const bool is_vowel = !words.empty() && std::string_view("aeiou").find(words[0]) != std::string_view::npos;
  return (is_vowel ? "an " : "a ") + words;
}

std::string listed(const std::vector<std::string>& parts, RandomStream& random, bool has_comma) {
  const bool has_last_comma = parts.size() > 2 && (has_comma || random.chance(0.3));
  std::string list;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    if (i > 0) list += !is_last ? ", " : has_last_comma ? ", and " : " and ";
    list += parts[i];
  }
  return list;
}

std::string capitalised(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
    words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string value_of(const Attributes& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? std::string() : found->second;
}

bool says_yes(const Attributes& attributes, const std::string& key) {
  return value_of(attributes, key) == "yes";
}

std::string spaced(std::initializer_list<std::string_view> words) {
  std::string all;
  for (const std::string_view word : words) {
    if (word.empty()) continue;
    if (!all.empty()) all += ' ';
    all += word;
  }
  return all;
}

}  // namespace dmf::text
