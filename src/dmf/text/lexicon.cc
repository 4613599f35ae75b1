#include "dmf/text/lexicon.h"

#include <algorithm>
#include <unordered_map>

#include "dmf/core/error.h"
#include "dmf/text/lexicon_tables.h"

namespace dmf::text {
namespace {

class Index {
 public:
  Index() {
    for (const auto tables : {look_tables(), grammar_tables()}) {
      for (const LexiconTable& table : tables) {
        for (const LexiconGroup& group : table.groups) add(table, group);
      }
    }
  }

  const LexiconEntry* find(const std::string& phrase) const {
    const auto found = entries_.find(phrase);
    return found == entries_.end() ? nullptr : &found->second;
  }
  size_t longest() const { return longest_; }

 private:
  void add(const LexiconTable& table, const LexiconGroup& group) {
    std::string_view rest = group.phrases;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('|'), rest.size());
      const std::string_view phrase = rest.substr(0, end);
      const bool is_new =
          entries_.try_emplace(std::string(phrase), table.role, table.slot, group.canonical).second;
      if (!is_new) throw Error(fmt::format("[lexicon] '{}' is there twice", phrase));
      longest_ = std::max(longest_, 1 + static_cast<size_t>(std::ranges::count(phrase, ' ')));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  std::unordered_map<std::string, LexiconEntry> entries_;
  size_t longest_ = 0;
};

const Index& index() {
  static const Index index;
  return index;
}

/// The phrase itself, or the noun it is the plural of.
const LexiconEntry* look_up(const std::string& phrase) {
  if (const LexiconEntry* entry = index().find(phrase)) return entry;
  for (const std::string_view ending : {"s", "es"}) {
    if (!phrase.ends_with(ending)) continue;
    const LexiconEntry* entry = index().find(phrase.substr(0, phrase.size() - ending.size()));
    if (entry != nullptr && entry->role == Role::kNoun) return entry;
  }
  return nullptr;
}

}  // namespace

LexiconMatch longest_match(std::span<const std::string> words) {
  LexiconMatch best;
  std::string phrase;
  for (size_t count = 1; count <= std::min(words.size(), index().longest()); ++count) {
    if (count > 1) phrase += ' ';
    phrase += words[count - 1];
    if (const LexiconEntry* entry = look_up(phrase)) best = {*entry, count};
  }
  return best;
}

}  // namespace dmf::text
