#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace dmf::text {

/// What part of a person's look a key word tells about.
enum class Slot {
  kPerson,
  kHair,
  kHead,
  kEyes,
  kUpper,
  kLower,
  kWhole,
  kFeet,
  kCarried,
  kAccessory,
  kPart,
  kLook
};

/// A key word with its parts: "dark blue and white striped shirt" = colours {"dark blue", "white"}, qualities
/// {"striped"}, noun "shirt", slot kUpper.
struct Keyword {
  std::string phrase = {};
  std::string noun = {};
  std::vector<std::string> colours = {};
  std::vector<std::string> qualities = {};  ///< patterns, materials, lengths, age
  Slot slot = Slot::kLook;
};

/// The key words of fine-grained attributes in a free caption (paper, section III-B, before Eq. 5), in order
/// of appearance, each once: "A woman in a red shirt and grey trousers" → {"woman", "red shirt", "gray
/// pants"}.
///
/// Rules (each with its test; the words are tables in look_words.cc and grammar_words.cc):
/// - a garment keeps its colours, patterns, materials and lengths: "blue and white striped shirt";
///   also where they follow it: "a shirt that is red", "her pants are dark blue", "shirt in red"
/// - canonical words: gray for grey, t-shirt for tee, pants for trousers, woman for lady …;
///   shirts and bags are singular, shoes and pants plural
/// - a person's word keeps its age, never a colour: "young woman"; "person" tells nothing;
///   without a person's word "she" tells "woman", "he" "man"
/// - a bare noun is left out where the same noun appears with a quality
/// - what is negated gives no key word at all, neither "hat" nor "no hat": "without a hat", "no bag or
///   glasses", "isn't wearing a red cap", "shoes are not visible", "sandals instead of shoes";
///   "bald" and "barefoot" are kept
///
/// @param caption  UTF-8; other than letters of ASCII ends a word, malformed bytes too. Any length, also
/// empty.
std::vector<std::string> extract_keywords(std::string_view caption);

/// The key words in one text, a space between them: what the text encoder reads for this caption. A caption
/// without any is read whole.
std::string keyword_text(const std::string& caption);

/// What of a sentence is read, and what is not.
struct SentenceReading {
  std::vector<std::string> keywords;  ///< as extract_keywords()
  std::vector<std::string> negated;   ///< what is said not to be there: it gives no key word
  std::vector<std::string> unknown;   ///< words that the lexicon has not, in lower case, each once
};

/// Reads a sentence, to tell its writer what became of it. "a man with a red hat but no bag strolling":
/// {"man", "red hat"}, negated {"bag"}, unknown {"strolling"}.
SentenceReading read_sentence(std::string_view sentence);

/// The key words of a caption with their parts.
std::vector<Keyword> parse_keywords(std::string_view caption);

}  // namespace dmf::text
