#include "dmf/text/compose.h"

#include <optional>
#include <vector>

#include "dmf/text/wording.h"

namespace dmf::text {
namespace {

/// A garment as a sentence needs it: "short-sleeved" "red" "shirt", "with short sleeves".
struct Garment {
  std::string noun;
  bool is_plural = false;
  std::string colour = {};
  std::string before = {};  ///< qualities in front of the noun
  std::string after = {};   ///< the same said behind it; one of the two is empty
};

bool is_plural(std::string_view noun) { return noun.ends_with("s") && !noun.ends_with("ss"); }

std::string garment_words(const Garment& garment, RandomStream& random) {
  const bool is_colour_first = random.chance(0.4);
  return spaced({is_colour_first ? garment.colour : garment.before,
                 is_colour_first ? garment.before : garment.colour, garment.noun, garment.after});
}

/// "a red shirt", "blue shorts", "a pair of blue shorts".
std::string garment_phrase(const Garment& garment, RandomStream& random) {
  const std::string words = garment_words(garment, random);
  if (!garment.is_plural) return with_article(words);
  return (random.chance(0.3) ? "a pair of " : "") + words;
}

void add_sleeves(Garment& garment, const std::string& sleeve, RandomStream& random) {
  if (sleeve == "none") {
    garment.before = spaced({garment.before, "sleeveless"});
  } else if (sleeve.empty()) {
    return;
  } else if (random.chance(0.3)) {
    garment.after = "with " + sleeve + " sleeves";
  } else {
    garment.before = spaced({garment.before, sleeve + pick(random, {"-sleeved", " sleeved", "-sleeve"})});
  }
}

void add_pattern(Garment& garment, const std::string& pattern, RandomStream& random) {
  if (pattern.empty()) return;
  garment.before =
      spaced({garment.before, pattern == "plaid"       ? pick(random, {"plaid", "checkered", "checked"})
                              : pattern == "printed"   ? pick(random, {"printed", "graphic"})
                              : pattern == "polka dot" ? pick(random, {"polka dot", "dotted", "spotted"})
                                                       : pattern});
}

/// Market says "dress" for a dress and for a skirt. Of one colour from top to bottom it may well be a dress.
bool is_dress(const Attributes& a) {
  return value_of(a, "lower_type") == "dress" && !a.contains("upper_type") &&
         !value_of(a, "lower_colour").empty() && value_of(a, "upper_colour") == value_of(a, "lower_colour");
}

std::optional<Garment> upper_garment(const Attributes& a, RandomStream& random) {
  const std::string colour = value_of(a, "upper_colour"), sleeve = value_of(a, "upper_sleeve");
  const std::string type = value_of(a, "upper_type"), length = value_of(a, "upper_length");
  if (colour.empty() && sleeve.empty() && type.empty() && length.empty()) return std::nullopt;
  Garment garment{
      .noun = type.empty() ? pick(random, {"shirt", "top"}) : type, .colour = colour, .before = length};
  add_sleeves(garment, sleeve, random);
  add_pattern(garment, value_of(a, "upper_pattern"), random);
  garment.noun = spaced({value_of(a, "upper_material"), garment.noun});
  if (const std::string inner = value_of(a, "inner_colour"); !inner.empty() && garment.after.empty())
    garment.after = pick(random, {"over a ", "with a "}) + inner + " shirt";
  return garment;
}

std::string lower_noun(const std::string& type, const std::string& length, RandomStream& random) {
  if (type == "pants") return length == "short" ? "shorts" : pick(random, {"pants", "trousers"});
  if (type == "jeans" && length == "short") return "jean shorts";
  if (type == "dress") return "skirt";
  return type.empty() ? "lower-body clothes" : type;
}

std::optional<Garment> lower_garment(const Attributes& a, RandomStream& random) {
  const std::string colour = value_of(a, "lower_colour"), type = value_of(a, "lower_type"),
                    length = value_of(a, "lower_length");
  if (colour.empty() && type.empty() && length.empty()) return std::nullopt;
  Garment garment{.noun = lower_noun(type, length, random), .colour = colour};
  garment.is_plural = is_plural(garment.noun);
  const bool is_said_by_noun = length == "short" && garment.noun.ends_with("shorts");
  if (!is_said_by_noun) garment.before = length;
  add_pattern(garment, value_of(a, "lower_pattern"), random);
  return garment;
}

std::optional<Garment> footwear(const Attributes& a) {
  const std::string colour = value_of(a, "shoes_colour"), type = value_of(a, "shoes");
  const bool has_boots = says_yes(a, "boots");
  if (colour.empty() && type.empty() && !has_boots) return std::nullopt;
  return Garment{.noun = !type.empty() ? type
                         : has_boots   ? "boots"
                                       : "shoes",
                 .is_plural = true,
                 .colour = colour};
}

/// What a caption can say, in words, before it is put into sentences.
struct Material {
  std::string person = {};  ///< "young woman"
  std::string she = {},
              her = {};        ///< "she", "her"; "the person", "the person's" where the gender is not known
  std::string hair = {};       ///< "short black hair", "black hair in a ponytail and a beard" or empty
  std::string hair_look = {};  ///< "short black" where that says all of it
  std::vector<Garment> garments = {};
  std::vector<std::string> worn = {};     ///< "a hat", "glasses"
  std::vector<std::string> carried = {};  ///< "a backpack"
};

std::string person_words(const Attributes& a, RandomStream& random) {
  const std::string gender = value_of(a, "gender"), age = value_of(a, "age");
  const bool is_female = gender == "female";
  if (gender.empty()) {
    if (age == "teenager") return "teenager";
    const std::string word = age == "old" ? pick(random, {"elderly", "old"}) : age;
    return spaced({word, pick(random, {"person", "pedestrian"})});
  }
  const std::string grown =
      is_female ? pick(random, {"woman", "lady", "female"}) : pick(random, {"man", "male", "guy"});
  const std::string child = is_female ? "girl" : "boy";
  if (age == "young" || age == "teenager") {
    const std::string young = age == "young" ? "young " + child : "teenage " + child;
    const double kind = random.uniform();
    return kind < 0.3 ? young : kind < 0.7 ? "young " + grown : kind < 0.85 ? child : grown;
  }
  if (age == "old") return pick(random, {"elderly ", "old ", "older "}) + grown;
  return age == "adult" && random.chance(0.2) ? "adult " + grown : grown;
}

/// "short black hair", "bald head", "brown hair in a bun and a beard"
void add_hair(Material& m, const Attributes& a, RandomStream& random) {
  const std::string style = value_of(a, "hair_style"), colour = value_of(a, "hair_colour");
  const bool is_tied = style == "ponytail" || style == "bun";
  const std::string look =
      spaced({style.empty() || is_tied ? value_of(a, "hair") : style, style == "bald" ? "" : colour});
  const bool has_beard = says_yes(a, "beard");
  if ((look.empty() && !is_tied && !has_beard) || !random.chance(0.8)) return;
  if (style == "bald") {
    m.hair = "a bald head";
  } else if (is_tied) {
    m.hair = spaced({look, "hair", pick(random, {"in a", "tied in a", "worn in a"}), style});
  } else if (!look.empty()) {
    m.hair = look + " hair";
    if (!has_beard) m.hair_look = look;
  }
  if (has_beard) m.hair += m.hair.empty() ? "a beard" : " and a beard";
}

/// "a red backpack"; the colour is left out now and then.
std::string thing_words(const Attributes& a, const std::string& key,
                        std::initializer_list<std::string_view> nouns, RandomStream& random) {
  const std::string colour = value_of(a, key + "_colour");
  const std::string noun = nouns.size() == 1 ? std::string(*nouns.begin()) : pick(random, nouns);
  const std::string words = colour.empty() || random.chance(0.2) ? noun : colour + " " + noun;
  return noun == "luggage" ? words : with_article(words);
}

void add_things(Material& m, const Attributes& a, RandomStream& random) {
  const auto is_said = [&](const std::string& key) { return says_yes(a, key) && random.chance(0.9); };
  if (is_said("hat")) {
    const std::string type = value_of(a, "hat_type");
    m.worn.push_back(thing_words(a, "hat", {type.empty() ? "hat" : std::string_view(type)}, random));
  }
  if (is_said("glasses")) m.worn.push_back(pick(random, {"glasses", "a pair of glasses"}));
  if (is_said("sunglasses")) m.worn.push_back("sunglasses");
  if (is_said("mask")) m.worn.push_back(pick(random, {"a mask", "a face mask"}));
  if (is_said("scarf")) m.worn.push_back(thing_words(a, "scarf", {"scarf"}, random));
  if (is_said("tie")) m.worn.push_back("a tie");
  if (is_said("backpack")) m.carried.push_back(thing_words(a, "backpack", {"backpack", "rucksack"}, random));
  if (is_said("handbag")) m.carried.push_back(thing_words(a, "handbag", {"handbag", "purse"}, random));
  if (is_said("bag")) m.carried.push_back("a bag");
  if (is_said("shoulder_bag"))
    m.carried.push_back(thing_words(a, "shoulder_bag", {"shoulder bag", "messenger bag"}, random));
  if (is_said("luggage")) m.carried.push_back(thing_words(a, "luggage", {"suitcase", "luggage"}, random));
  if (is_said("umbrella")) m.carried.push_back(thing_words(a, "umbrella", {"umbrella"}, random));
}

Material gather(const Attributes& a, RandomStream& random) {
  const std::string gender = value_of(a, "gender");
  Material m{.person = person_words(a, random)};
  m.she = gender == "female" ? "she" : gender == "male" ? "he" : "the person";
  m.her = gender == "female" ? "her" : gender == "male" ? "his" : "the person's";
  add_hair(m, a, random);
  if (is_dress(a) && random.chance(0.5)) {
    Garment dress{
        .noun = "dress", .colour = value_of(a, "upper_colour"), .before = value_of(a, "lower_length")};
    add_sleeves(dress, value_of(a, "upper_sleeve"), random);
    m.garments.push_back(dress);
  } else {
    if (const auto upper = upper_garment(a, random)) m.garments.push_back(*upper);
    if (const auto lower = lower_garment(a, random)) m.garments.push_back(*lower);
  }
  if (const auto shoes = footwear(a)) m.garments.push_back(*shoes);
  add_things(m, a, random);
  return m;
}

/// "a red shirt, blue shorts and a hat", in an order of chance.
std::string outfit(const Material& m, RandomStream& random) {
  std::vector<std::string> parts;
  for (const Garment& garment : m.garments) parts.push_back(garment_phrase(garment, random));
  if (random.chance(0.25)) random.shuffle(parts);
  for (const std::string& thing : m.worn)
    parts.insert(random.chance(0.3) ? parts.begin() : parts.end(), thing);
  if (parts.size() == 2 && random.chance(0.2)) return parts[0] + " with " + parts[1];
  return listed(parts, random);
}

bool has_outfit(const Material& m) { return !m.garments.empty() || !m.worn.empty(); }

std::string is_carrying(const Material& m, RandomStream& random) {
  return pick(random, {"is carrying ", "carries ", "has "}) + listed(m.carried, random);
}

/// "A woman with long hair is wearing a red top and black pants, and carries a bag."
std::string in_one_sentence(const Material& m, RandomStream& random) {
  std::string text = pick(random, {"the ", "this "}) + m.person;
  if (random.chance(0.5)) text = with_article(m.person);
  const bool is_noun_phrase = random.chance(0.3);  // no verb: "A man in a red shirt carrying a bag."
  if (!m.hair.empty()) text += " with " + m.hair;
  if (has_outfit(m)) {
    text += is_noun_phrase ? pick(random, {" in ", " wearing ", " dressed in "})
                           : pick(random, {" is wearing ", " wears ", " has on ", " is dressed in "});
    text += outfit(m, random);
  }
  if (!m.carried.empty()) {
    const bool has_verb = has_outfit(m) && !is_noun_phrase;
    if (has_verb) {
      text += pick(random, {" and ", ", and "}) + is_carrying(m, random);
    } else {
      text += " carrying " + listed(m.carried, random);
    }
  }
  return capitalised(text) + ".";
}

/// "Her top is red and her pants are black."
std::string garment_statements(const Material& m, RandomStream& random) {
  std::vector<std::string> statements, plain;
  for (const Garment& garment : m.garments) {
    if (garment.colour.empty() || !garment.after.empty()) {
      plain.push_back(garment_phrase(garment, random));
    } else {
      statements.push_back(m.her + " " + spaced({garment.before, garment.noun}) +
                           (garment.is_plural ? " are " : " is ") + garment.colour);
    }
  }
  plain.insert(plain.end(), m.worn.begin(), m.worn.end());
  std::string text;
  if (!statements.empty()) text += capitalised(listed(statements, random, true)) + ". ";
  if (!plain.empty())
    text += capitalised(m.she) + pick(random, {" wears ", " is wearing ", " has "}) + listed(plain, random) +
            ". ";
  return text;
}

/// "The man wears a red shirt and shorts. He has short hair. He is carrying a bag."
std::string in_sentences(const Material& m, RandomStream& random, bool is_stated) {
  std::vector<std::string> sentences;
  std::string who = random.chance(0.5) ? "the " + m.person : with_article(m.person);
  if (is_stated) {
    sentences.push_back("there is " + with_article(m.person) + (m.hair.empty() ? "" : " with " + m.hair) +
                        ". " + garment_statements(m, random));
  } else {
    if (has_outfit(m))
      sentences.push_back(pick(random, {" is wearing ", " wears ", " has on "}) + outfit(m, random) + ". ");
    if (!m.hair.empty()) sentences.push_back(" has " + m.hair + ". ");
    random.shuffle(sentences);
  }
  if (!m.carried.empty()) sentences.push_back(" " + is_carrying(m, random) + ". ");
  if (sentences.empty()) return capitalised(who) + ".";
  std::string text;
  for (std::string& sentence : sentences) {
    const bool needs_subject = sentence[0] == ' ';
    text += capitalised(needs_subject ? (text.empty() ? who : m.she) + sentence : sentence);
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

/// "Woman, long hair, red top, black pants, backpack."
std::string in_a_list(const Material& m, RandomStream& random) {
  std::string text = capitalised(m.person);
  if (!m.hair.empty()) text += ", " + m.hair;
  for (const Garment& garment : m.garments) text += ", " + garment_words(garment, random);
  for (const auto* things : {&m.worn, &m.carried}) {
    for (const std::string& thing : *things) text += ", " + thing;
  }
  return text + (random.chance(0.5) ? "." : "");
}

/// "She wears …": a caption that tells the gender by the pronoun alone.
std::string with_pronoun(const Material& m, RandomStream& random) {
  std::string text =
      capitalised(m.she) + pick(random, {" wears ", " is wearing ", " has on "}) + outfit(m, random);
  if (!m.carried.empty()) text += " and " + is_carrying(m, random);
  text += ".";
  if (!m.hair_look.empty()) {
    text += " " + capitalised(m.her) + " hair is " + m.hair_look + ".";
  } else if (!m.hair.empty()) {
    text += " " + capitalised(m.she) + " has " + m.hair + ".";
  }
  return text;
}

}  // namespace

std::string compose_caption(const Attributes& attributes, RandomStream& random) {
  check_attributes(attributes, "compose_caption");
  const Material m = gather(attributes, random);
  const double kind = random.uniform();
  if (kind < 0.4) return in_one_sentence(m, random);
  if (kind < 0.65) return in_sentences(m, random, false);
  if (kind < 0.8) return in_sentences(m, random, true);
  if (kind < 0.9 && attributes.contains("gender") && has_outfit(m)) return with_pronoun(m, random);
  return in_a_list(m, random);
}

}  // namespace dmf::text
