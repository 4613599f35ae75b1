#include "dmf/text/compose.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "dmf/core/error.h"
#include "dmf/text/keywords.h"

namespace dmf::text {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// One identity as Market-1501 stores it, each of its 27 attributes drawn.
Attributes market_person(RandomStream& random) {
  nlohmann::json identity;
  for (const char* name : {"gender", "hair", "up", "down", "clothes", "hat", "backpack", "bag", "handbag"}) {
    if (random.chance(0.9)) identity[name] = 1 + random.integer(2);
  }
  if (random.chance(0.9)) identity["age"] = 1 + random.integer(4);
  const std::vector<const char*> up = {"black", "white", "red", "purple", "yellow", "gray", "blue", "green"};
  const std::vector<const char*> down = {"black", "white", "pink",  "purple", "yellow",
                                         "gray",  "blue",  "green", "brown"};
  const auto draw = [&](const auto& colours, const std::string& prefix) {
    for (const char* colour : colours) identity[prefix + colour] = 1;
    for (int64_t count = random.integer(4) - 1; count > 0; --count) {
      identity[prefix + colours[static_cast<size_t>(random.integer(static_cast<int64_t>(colours.size())))]] =
          2;
    }
  };
  draw(up, "up");
  draw(down, "down");
  return attributes_from_market(identity);
}

std::string get(const Attributes& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? "" : found->second;
}

std::string joined(const std::vector<std::string>& colours) {
  std::string text;
  for (const std::string& colour : colours) text += (text.empty() ? "" : " and ") + colour;
  return text;
}

bool is_female(const std::string& noun) { return noun == "woman" || noun == "girl"; }
bool is_male(const std::string& noun) { return noun == "man" || noun == "boy"; }

/// A key word that the attributes contradict, or do not know.
std::string contradiction(const Attributes& a, const Keyword& k) {
  const auto fail = [&](const std::string& why) { return k.phrase + ": " + why; };
  const bool is_upper = k.slot == Slot::kUpper, is_lower = k.slot == Slot::kLower,
             is_whole = k.slot == Slot::kWhole;
  if ((is_upper || is_whole) && joined(k.colours) != get(a, "upper_colour")) return fail("upper colour");
  if ((is_lower || is_whole) && joined(k.colours) != get(a, "lower_colour")) return fail("lower colour");
  if (is_whole && get(a, "lower_type") != "dress") return fail("dress");
  if (k.noun == "skirt" && get(a, "lower_type") != "dress") return fail("skirt");
  if (k.noun == "shorts" && (get(a, "lower_type") != "pants" || get(a, "lower_length") != "short"))
    return fail("shorts");
  if (k.noun == "pants" && (get(a, "lower_type") != "pants" || get(a, "lower_length") == "short"))
    return fail("pants");
  for (const std::string& quality : k.qualities) {
    if (quality.ends_with("-sleeved") && quality != get(a, "upper_sleeve") + "-sleeved")
      return fail("sleeves");
    if ((is_lower || is_whole) && (quality == "short" || quality == "long") &&
        quality != get(a, "lower_length"))
      return fail("length");
    if (k.slot == Slot::kHair && quality != get(a, "hair")) return fail("hair");
  }
  if (k.slot == Slot::kLook && k.noun != get(a, "upper_sleeve") + " sleeves") return fail("sleeves");
  if (is_female(k.noun) && get(a, "gender") != "female") return fail("gender");
  if (is_male(k.noun) && get(a, "gender") != "male") return fail("gender");
  if (k.slot == Slot::kHead && get(a, "hat") != "yes") return fail("hat");
  if (k.slot == Slot::kCarried && get(a, k.noun) != "yes") return fail("carried");
  if (k.slot == Slot::kPart || k.slot == Slot::kFeet || k.slot == Slot::kEyes) return fail("not said");
  return "";
}

bool has_garment(const std::vector<Keyword>& keywords, Slot slot, const std::string& colour) {
  return std::ranges::any_of(keywords, [&](const Keyword& k) {
    return (k.slot == slot || k.noun == "dress") && joined(k.colours) == colour;
  });
}

TEST(ComposeCaption, SaysMarketsColoursAndContradictsNothing) {
  for (uint64_t sample = 0; sample < 8000; ++sample) {
    RandomStream random(1, "compose_test", {sample});
    const Attributes person = market_person(random);
    for (const auto& caption : {compose_caption(person, random), compose_caption(person, random)}) {
      const std::vector<Keyword> keywords = parse_keywords(caption);
      const std::string upper = get(person, "upper_colour"), lower = get(person, "lower_colour");
      if (!upper.empty()) {
        ASSERT_TRUE(has_garment(keywords, Slot::kUpper, upper)) << upper << ": " << caption;
      }
      if (!lower.empty()) {
        ASSERT_TRUE(has_garment(keywords, Slot::kLower, lower)) << lower << ": " << caption;
      }
      for (const Keyword& keyword : keywords) ASSERT_EQ(contradiction(person, keyword), "") << caption;
      if (person.contains("gender")) {
        ASSERT_TRUE(std::ranges::any_of(keywords, [](const Keyword& k) {
          return is_male(k.noun) || is_female(k.noun);
        })) << caption;
      }
    }
  }
}

TEST(ComposeCaption, SaysOneIdentityInManyWays) {
  const Attributes person = {
      {"gender", "female"},      {"hair", "long"},        {"upper_colour", "red"},  {"upper_sleeve", "short"},
      {"lower_colour", "black"}, {"lower_type", "pants"}, {"lower_length", "long"}, {"bag", "yes"}};
  std::set<std::string> captions;
  for (uint64_t i = 0; i < 500; ++i) {
    RandomStream random(2, "compose_test", {i});
    captions.insert(compose_caption(person, random));
  }
  EXPECT_GT(captions.size(), 300u);
  RandomStream first(3, "compose_test"), second(3, "compose_test");
  EXPECT_EQ(compose_caption(person, first), compose_caption(person, second))
      << "the same stream, the same caption";
}

TEST(ComposeCaption, NeverSaysNoAndSurvivesLittle) {
  for (uint64_t i = 0; i < 200; ++i) {
    RandomStream random(4, "compose_test", {i});
    const std::string caption = compose_caption({{"hat", "no"}, {"bag", "no"}, {"glasses", "no"}}, random);
    EXPECT_TRUE(extract_keywords(caption).empty()) << caption;
    EXPECT_FALSE(caption.empty());
    EXPECT_FALSE(compose_caption({}, random).empty());
  }
}

TEST(ComposeCaption, WritesArticlesPluralsAndSentences) {
  for (uint64_t i = 0; i < 2000; ++i) {
    RandomStream random(5, "compose_test", {i});
    const std::string caption = compose_caption({{"age", "old"},
                                                 {"gender", "male"},
                                                 {"upper_colour", "orange"},
                                                 {"lower_type", "shorts"},
                                                 {"shoes", "sneakers"},
                                                 {"glasses", "yes"},
                                                 {"shoes_colour", "white"}},
                                                random);
    for (const char* wrong : {" a orange", " a old", " a elderly", "a shorts", "a sneakers", "a glasses",
                              "  ", " .", " ,", "..", ",,", "shorts is"}) {
      EXPECT_THAT(caption, testing::Not(HasSubstr(wrong)));
    }
    EXPECT_TRUE(caption[0] >= 'A' && caption[0] <= 'Z') << caption;
  }
}

TEST(ComposeCaption, SaysHairPatternsAndThingsWithTheirColours) {
  const Attributes person = {{"gender", "female"},
                             {"hair", "long"},
                             {"hair_style", "ponytail"},
                             {"hair_colour", "black"},
                             {"hat", "yes"},
                             {"hat_type", "cap"},
                             {"hat_colour", "red"},
                             {"upper_type", "jacket"},
                             {"upper_material", "leather"},
                             {"upper_colour", "brown"},
                             {"inner_colour", "white"},
                             {"lower_type", "skirt"},
                             {"lower_colour", "red and black"},
                             {"lower_pattern", "plaid"},
                             {"shoulder_bag", "yes"},
                             {"shoulder_bag_colour", "dark blue"},
                             {"umbrella", "yes"},
                             {"umbrella_colour", "orange"},
                             {"luggage", "yes"},
                             {"luggage_colour", "gray"},
                             {"scarf", "yes"},
                             {"scarf_colour", "green"}};
  std::set<std::string> said;
  for (uint64_t i = 0; i < 400; ++i) {
    RandomStream random(9, "compose_test", {i});
    const std::string caption = compose_caption(person, random);
    for (const Keyword& k : parse_keywords(caption)) {
      std::string words = joined(k.colours);
      for (const std::string& quality : k.qualities) words += (words.empty() ? "" : " ") + quality;
      said.insert(words + (words.empty() ? "" : " ") + k.noun);
    }
    for (const char* wrong : {"a umbrella", "a orange", "a luggage", "a gray luggage", "  ", " .", " ,"})
      EXPECT_THAT(caption, testing::Not(HasSubstr(wrong)));
    EXPECT_THAT(caption, testing::AnyOf(HasSubstr("over a white shirt"), HasSubstr("with a white shirt")));
  }
  for (const char* words : {"brown leather jacket", "white shirt", "red and black plaid skirt", "red cap",
                            "green scarf", "dark blue shoulder bag", "dark blue messenger bag",
                            "orange umbrella", "gray suitcase", "umbrella", "ponytail", "black long hair"}) {
    EXPECT_THAT(said, Contains(words));
  }
}

TEST(ComposeCaption, BaldnessAndBeardsAreNoHaircuts) {
  for (uint64_t i = 0; i < 300; ++i) {
    RandomStream random(10, "compose_test", {i});
    const std::string caption = compose_caption({{"gender", "male"},
                                                 {"hair_style", "bald"},
                                                 {"hair_colour", "black"},
                                                 {"beard", "yes"},
                                                 {"upper_colour", "red"}},
                                                random);
    EXPECT_THAT(caption, testing::Not(testing::AnyOf(HasSubstr("hair"), HasSubstr("black")))) << caption;
    const auto keywords = extract_keywords(caption);
    EXPECT_EQ(std::ranges::count(keywords, "bald"), std::ranges::count(keywords, "beard")) << caption;
  }
}

TEST(ComposeCaption, RefusesUnknownAttributes) {
  RandomStream random(6, "compose_test");
  EXPECT_THAT(
      [&] {
        compose_caption({{"wings", "yes"}}, random);
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("[compose_caption] unknown attribute 'wings'")));
  EXPECT_THROW(compose_finegpr_caption({{"hat", "maybe"}}, random), InvalidArgument);
}

TEST(ComposeFineGprCaption, HasTheGrammarOfItsCaptions) {
  Attributes person = attributes_from_finegpr({{"gender", 1},
                                               {"hair_length", 2},
                                               {"age", 2},
                                               {"wear_boot", 2},
                                               {"wear_hat", 1},
                                               {"carry_bag", 1},
                                               {"color_of_shoes", 1},
                                               {"color_of_upper_body_clothes", 2},
                                               {"color_of_lower_body_clothes", 1}});
  person.merge(surroundings_from_finegpr("0001_c19_w03_l04_p03.jpg"));
  std::set<std::string> captions;
  for (uint64_t i = 0; i < 300; ++i) {
    RandomStream random(7, "compose_test", {i});
    const std::string caption = compose_finegpr_caption(person, random);
    captions.insert(caption);
    const auto keywords = extract_keywords(caption);
    for (const char* keyword : {"adult man", "short hair", "white upper-body clothes",
                                "black lower-body clothes", "dark shoes", "hat", "bag"}) {
      EXPECT_THAT(keywords, Contains(keyword)) << caption;
    }
    EXPECT_THAT(keywords, testing::Not(Contains("boots"))) << caption;
    EXPECT_THAT(caption, testing::AllOf(HasSubstr("an overcast noon"), HasSubstr("back"),
                                        HasSubstr(", and dark shoes")));
  }
  EXPECT_THAT(
      captions,
      Contains(
          "In an overcast noon, an adult male, who with back viewpoint, has short hair and wears white "
          "upper-body clothes, black lower-body clothes, and dark shoes, this person also wears no boots "
          "but wears a hat and carries a bag."));
  RandomStream random(8, "compose_test");
  EXPECT_FALSE(compose_finegpr_caption({}, random).empty());
}

}  // namespace
}  // namespace dmf::text
