#include "dmf/text/keywords.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "dmf/text/caption_items.h"
#include "dmf/text/lexicon.h"

namespace dmf::text {
namespace {

using Items = std::vector<LexiconEntry>;

bool is_modifier(const LexiconEntry& item) {
  return item.role == Role::kColour || item.role == Role::kShade || item.role == Role::kQuality ||
         item.role == Role::kAge;
}
bool is_filler(const LexiconEntry& item) {
  return item.role == Role::kFiller || item.role == Role::kColourWord;
}
bool is_joint(const LexiconEntry& item) {
  return item.role == Role::kAnd || item.role == Role::kComma || item.role == Role::kOr;
}

/// Modifiers that stand together: "dark blue, white and striped".
struct Chain {
  std::vector<LexiconEntry> modifiers = {};
  size_t end = 0;                         ///< the item after it
  std::optional<size_t> last_joint = {};  ///< how many modifiers stand before the last "and" or comma
  bool has_colour_word = false;           ///< "in a dark color"
};

/// Words of one colour ("dark blue") or one quality.
struct Trait {
  std::string words;
  bool is_colour;
};

/// Joins shades with the colour after them; leaves out what is there already and what the noun cannot have.
std::vector<Trait> traits_of(const std::vector<LexiconEntry>& modifiers, Slot slot) {
  std::vector<Trait> traits;
  std::string shade;
  const auto add = [&](std::string words, bool is_colour) {
    if (std::ranges::find(traits, words, &Trait::words) == traits.end())
      traits.push_back({std::move(words), is_colour});
  };
  const auto end_shade = [&] {
    if (!shade.empty()) add(std::exchange(shade, {}), true);
  };
  for (const LexiconEntry& modifier : modifiers) {
    // Skin is not clothing, and only persons have an age.
    if ((slot == Slot::kPerson) != (modifier.role == Role::kAge)) continue;
    const std::string word(modifier.canonical);
    if (modifier.role == Role::kShade) {
      if (shade != word) end_shade();
      shade = word;
    } else if (modifier.role == Role::kColour) {
      add(shade.empty() ? word : std::exchange(shade, {}) + " " + word, true);
    } else {
      end_shade();
      add(word, false);
    }
  }
  end_shade();
  return traits;
}

/// Builds one key word from a noun and its modifiers.
Keyword make_keyword(const std::vector<LexiconEntry>& modifiers, const LexiconEntry& noun) {
  Keyword keyword{.noun = std::string(noun.canonical), .slot = noun.slot};
  bool after_colour = false;
  for (const Trait& trait : traits_of(modifiers, noun.slot)) {
    if (!keyword.phrase.empty()) keyword.phrase += after_colour && trait.is_colour ? " and " : " ";
    keyword.phrase += trait.words;
    (trait.is_colour ? keyword.colours : keyword.qualities).push_back(trait.words);
    after_colour = trait.is_colour;
  }
  if (!keyword.phrase.empty() && !keyword.noun.empty()) keyword.phrase += ' ';
  keyword.phrase += keyword.noun;
  return keyword;
}

/// Walks over a caption's items once, from left to right.
class Parser {
 public:
  explicit Parser(std::string_view caption) : Parser(read_items(caption)) {}
  explicit Parser(CaptionItems caption)
      : items_(std::move(caption.entries)), words_(std::move(caption.words)) {}

  std::vector<Keyword> parse() {
    for (size_t at = 0; at < items_.size();) at = step(at);
    add_person();
    return std::move(keywords_);
  }

  /// What parse() found to be negated, each in its words.
  const std::vector<std::string>& negated() const { return negated_; }

 private:
  size_t step(size_t at) {
    const LexiconEntry& item = items_[at];
    if (is_modifier(item)) return read_group(at);
    if (item.role == Role::kNoun) return read_noun(at, {}, false);
    if (item.role == Role::kNegation) return skip_negated(at + 1);
    if (item.role == Role::kArticle && item.slot == Slot::kPerson && pronoun_.empty()) {
      pronoun_ = item.canonical;
      pronoun_place_ = keywords_.size();
    }
    return at + 1;
  }

  /// Modifiers from `at` on, with the fillers and joints between them.
  Chain read_chain(size_t at) const {
    Chain chain{.end = at};
    std::optional<size_t> joint;
    for (size_t i = at; i < items_.size(); ++i) {
      if (is_modifier(items_[i])) {
        if (joint) chain.last_joint = joint;
        joint.reset();
        chain.modifiers.push_back(items_[i]);
        chain.end = i + 1;
      } else if (is_filler(items_[i])) {
        chain.has_colour_word |= items_[i].role == Role::kColourWord;
        if (!joint) chain.end = i + 1;
      } else if (is_joint(items_[i]) && !chain.modifiers.empty()) {
        joint = chain.modifiers.size();
      } else {
        break;
      }
    }
    return chain;
  }

  /// The noun a chain belongs to: the next item, with at most two unknown words before it ("red Nike shirt").
  std::optional<size_t> noun_after(size_t at) const {
    for (size_t i = at; i < std::min(at + 3, items_.size()); ++i) {
      if (items_[i].role == Role::kNoun) return i;
      if (items_[i].role != Role::kOther) break;
    }
    return std::nullopt;
  }

  size_t read_group(size_t at) {
    const Chain chain = read_chain(at);
    if (const auto noun = noun_after(chain.end)) return read_noun(*noun, chain.modifiers, false);
    const LexiconEntry before = at > 0 ? items_[at - 1] : LexiconEntry();
    const bool is_worn = before.role == Role::kIn || before.role == Role::kAll || before.canonical == "wear";
    Keyword keyword = make_keyword(chain.modifiers, {Role::kNoun, Slot::kWhole, "clothes"});
    if (is_worn && !keyword.colours.empty()) {
      keywords_.push_back(std::move(keyword));  // "dressed all in black"
    } else if (keyword = make_keyword(chain.modifiers, {Role::kNoun, Slot::kPerson, ""});
               !keyword.phrase.empty()) {
      keyword.noun = keyword.phrase;  // "she is young"
      keywords_.push_back(std::move(keyword));
    }
    return std::max(chain.end, at + 1);
  }

  /// A noun with its modifiers, then what is said of it after it. `is_joined`: "shirt and pants are dark" is
  /// at "pants".
  size_t read_noun(size_t at, const std::vector<LexiconEntry>& modifiers, bool is_joined) {
    if (!is_joined) subjects_.clear();
    subjects_.push_back({keywords_.size(), modifiers, items_[at]});
    keywords_.push_back(make_keyword(modifiers, items_[at]));
    const size_t next = at + 1;
    if (modifiers.empty() && items_[next].role == Role::kAnd) {
      size_t second = next + 1;
      while (items_[second].role == Role::kArticle) ++second;
      if (items_[second].role == Role::kNoun) return read_noun(second, {}, true);
    }
    return read_predicate(next);
  }

  /// What follows a noun and tells its look: "is red", "that are dark blue", "in red", "color black", "is not
  /// visible".
  size_t read_predicate(size_t at) {
    size_t i = at;
    bool is_introduced = false, is_said = false, is_negated = false, has_article = false;
    for (;; ++i) {
      const Role role = items_[i].role;
      has_article |= role == Role::kArticle && items_[i].slot != Slot::kPerson;
      is_negated |= role == Role::kNegation;
      is_said |= role == Role::kCopula;
      if (role == Role::kCopula || role == Role::kIn || role == Role::kColourWord) is_introduced = true;
      const bool may_stand = is_introduced && (is_filler(items_[i]) || role == Role::kAll || has_article);
      const bool is_part = role == Role::kRelative || role == Role::kCopula || role == Role::kIn ||
                           role == Role::kNegation || role == Role::kColourWord || may_stand;
      if (!is_part || (has_article && role != Role::kArticle)) break;
    }
    if (is_negated) {
      if (items_[i].role != Role::kVisible) return skip_negated(i, true);
      for (const Subject& subject : subjects_) {
        negated_.push_back(keywords_[subject.keyword].phrase);
        keywords_[subject.keyword].noun.clear();
      }
      return i + 1;
    }
    if (!is_introduced || (!is_said && noun_after(read_chain(i).end))) return at;  // "a man in a red shirt"
    return describe_subjects(i, at, has_article);
  }

  /// Gives the chain at `at` to the subjects, unless it belongs to a noun after it. Returns `otherwise` if
  /// nothing was taken.
  size_t describe_subjects(size_t at, size_t otherwise, bool needs_colour_word) {
    Chain chain = read_chain(at);
    if (chain.modifiers.empty() || (needs_colour_word && !chain.has_colour_word)) return otherwise;
    const auto noun = noun_after(chain.end);
    std::vector<LexiconEntry> rest;
    if (noun) {
      if (!chain.last_joint) return otherwise;
      // "the shirt is red and blue pants": what stands after the last joint belongs to the next noun.
      rest.assign(chain.modifiers.begin() + static_cast<std::ptrdiff_t>(*chain.last_joint),
                  chain.modifiers.end());
      chain.modifiers.resize(*chain.last_joint);
    }
    for (const Subject& subject : subjects_) {
      std::vector<LexiconEntry> all = chain.modifiers;
      all.insert(all.end(), subject.modifiers.begin(), subject.modifiers.end());
      keywords_[subject.keyword] = make_keyword(all, subject.noun);
    }
    return noun ? read_noun(*noun, rest, false) : chain.end;
  }

  /// First item after what a negation covers, which is noted.
  size_t skip_negated(size_t at, bool is_predicate = false) {
    const size_t end = end_of_negated(at, is_predicate);
    std::string words;
    for (size_t i = at; i < end && items_[i].role != Role::kContrast; ++i) {
      const Role role = items_[i].role;
      if (role != Role::kNoun && role != Role::kOther && !is_modifier(items_[i])) continue;
      words += (words.empty() ? "" : " ") + words_[i];
    }
    if (!words.empty()) negated_.push_back(std::move(words));
    return end;
  }

  /// First item after what a negation covers: up to its first noun, and on over "or …", over "and" with a
  /// bare noun, over a list of commas that ends with "or"; "but", a new verb or the sentence's end stop it.
  size_t end_of_negated(size_t at, bool is_predicate) {
    bool has_noun = false;
    for (size_t i = at; i < items_.size(); ++i) {
      switch (items_[i].role) {
        case Role::kSentence:
          return i;
        case Role::kContrast:
          return is_predicate && !has_noun ? describe_subjects(i + 1, i + 1, false) : i + 1;
        case Role::kNoun:
          has_noun = true;
          break;
        case Role::kOther:
          has_noun |= i > at && items_[i - 1].role == Role::kArticle;
          break;  // "not facing the camera"
        case Role::kVerb:
        case Role::kRelative:
        case Role::kBreak:
          if (has_noun) return i;
          break;
        case Role::kComma:
          if (!continues_with_or(i + 1) && (has_noun || !is_modifier(items_[i + 1]))) return i;
          break;
        case Role::kAnd:
          if (has_noun && !is_bare_noun(i + 1)) return i;
          if (!has_noun && (is_verb_like(i + 1) || items_[i + 1].role == Role::kArticle)) return i;
          break;
        default:
          break;
      }
      const Role next = i + 1 < items_.size() ? items_[i + 1].role : Role::kSentence;
      if (items_[i].role == Role::kNoun && next != Role::kOr && next != Role::kAnd && next != Role::kComma) {
        if (next != Role::kNoun && next != Role::kContrast) return i + 1;
      }
    }
    return items_.size();
  }

  bool is_verb_like(size_t at) const {
    const Role role = items_[at].role;
    return role == Role::kVerb || role == Role::kCopula || role == Role::kNegation;
  }

  bool is_bare_noun(size_t at) const {
    while (items_[at].role == Role::kArticle || is_filler(items_[at])) ++at;
    return items_[at].role == Role::kNoun;
  }

  /// "…, glasses, or a bag": a list from `at` that reaches an "or" over nouns, modifiers and commas alone.
  bool continues_with_or(size_t at) const {
    for (; at < items_.size(); ++at) {
      const LexiconEntry& item = items_[at];
      if (item.role == Role::kOr) return true;
      const bool is_list = item.role == Role::kNoun || item.role == Role::kComma ||
                           item.role == Role::kArticle || item.role == Role::kOther || is_modifier(item) ||
                           is_filler(item);
      if (!is_list) return false;
    }
    return false;
  }

  /// Without any word for the person, a pronoun tells who it is.
  void add_person() {
    const auto is_known = [](const Keyword& keyword) {
      return keyword.noun == "woman" || keyword.noun == "man" || keyword.noun == "girl" ||
             keyword.noun == "boy";
    };
    if (pronoun_.empty() || std::ranges::any_of(keywords_, is_known)) return;
    const std::string word(pronoun_);
    keywords_.insert(keywords_.begin() + static_cast<std::ptrdiff_t>(pronoun_place_),
                     Keyword{.phrase = word, .noun = word, .slot = Slot::kPerson});
  }

  struct Subject {
    size_t keyword;  ///< index into keywords_
    std::vector<LexiconEntry> modifiers = {};
    LexiconEntry noun;
  };

  Items items_;
  std::vector<std::string> words_;  // of the items
  std::vector<Keyword> keywords_;
  std::vector<std::string> negated_;
  std::vector<Subject> subjects_;
  std::string_view pronoun_;
  size_t pronoun_place_ = 0;
};

/// Says nothing by itself: no noun (taken back, or a word like "person"), bare hair, a bare part of a
/// garment.
bool is_empty(const Keyword& keyword) {
  if (keyword.noun.empty()) return true;
  const bool is_bare = keyword.phrase == keyword.noun;
  return is_bare && (keyword.slot == Slot::kPart || keyword.noun == "hair" || keyword.noun == "clothes");
}

/// Leaves out what says nothing, what is said better elsewhere, and what is said again.
std::vector<Keyword> kept_of(std::vector<Keyword> all) {
  std::erase_if(all, is_empty);
  std::vector<Keyword> kept;
  for (const Keyword& keyword : all) {
    const bool is_bare = keyword.phrase == keyword.noun;
    const bool is_told_better = is_bare && std::ranges::any_of(all, [&](const Keyword& other) {
                                  return other.noun == keyword.noun && other.phrase != other.noun;
                                });
    const bool is_repeated = std::ranges::find(kept, keyword.phrase, &Keyword::phrase) != kept.end();
    if (!is_told_better && !is_repeated) kept.push_back(keyword);
  }
  return kept;
}

}  // namespace

std::vector<Keyword> parse_keywords(std::string_view caption) { return kept_of(Parser(caption).parse()); }

SentenceReading read_sentence(std::string_view sentence) {
  const CaptionItems items = read_items(sentence);
  SentenceReading reading;
  for (size_t i = 0; i < items.entries.size(); ++i) {
    const bool is_unknown = items.entries[i].role == Role::kOther;
    if (is_unknown && std::ranges::find(reading.unknown, items.words[i]) == reading.unknown.end())
      reading.unknown.push_back(items.words[i]);
  }
  Parser parser(items);
  for (Keyword& keyword : kept_of(parser.parse())) reading.keywords.push_back(std::move(keyword.phrase));
  reading.negated = parser.negated();
  return reading;
}

std::string keyword_text(const std::string& caption) {
  const std::vector<std::string> keywords = extract_keywords(caption);
  return keywords.empty() ? caption : fmt::format("{}", fmt::join(keywords, " "));
}

std::vector<std::string> extract_keywords(std::string_view caption) {
  std::vector<std::string> phrases;
  for (Keyword& keyword : parse_keywords(caption)) phrases.push_back(std::move(keyword.phrase));
  return phrases;
}

}  // namespace dmf::text
