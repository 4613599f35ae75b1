#include "dmf/world/describe.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "dmf/text/keywords.h"
#include "dmf/world/palette.h"

namespace dmf::world {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using text::Keyword;
using text::Slot;

/// Everything is seen, from the front.
Sight whole_sight() {
  Sight sight;
  sight.visible.fill(1000);
  sight.total.fill(1000);
  return sight;
}

Sight without(std::initializer_list<Part> parts) {
  Sight sight = whole_sight();
  for (const Part part : parts) sight.visible[static_cast<size_t>(part)] = 0;
  return sight;
}

std::string value_of(const text::Attributes& a, const std::string& key) {
  const auto found = a.find(key);
  return found == a.end() ? "" : found->second;
}

/// Whether "dark blue and white" of the description may be told as `said`.
bool is_told_as(const std::string& colours, const Keyword& k) {
  std::string said;
  for (const std::string& colour : k.colours) said += (said.empty() ? "" : " and ") + colour;
  const auto plain = [](std::string text) {
    for (const char* shade : {"dark ", "light "}) {
      while (text.find(shade) != std::string::npos) text.erase(text.find(shade), std::string(shade).size());
    }
    while (text.find("navy") != std::string::npos) text.replace(text.find("navy"), 4, "blue");
    const size_t both = text.find(" and ");
    return both != std::string::npos && text.substr(0, both) == text.substr(both + 5) ? text.substr(0, both)
                                                                                      : text;
  };
  return plain(said) == plain(colours);
}

/// What is wrong with a key word of a caption of a person with these attributes; empty where nothing is.
std::string contradiction(const text::Attributes& a, const Keyword& k) {
  const auto needs = [&](const std::string& key) { return value_of(a, key) == "yes" ? "" : "no " + key; };
  const bool is_inner =
      k.noun == "shirt" && a.contains("inner_colour") && is_told_as(value_of(a, "inner_colour"), k);
  if (k.slot == Slot::kUpper || k.slot == Slot::kWhole)
    return is_inner || is_told_as(value_of(a, "upper_colour"), k) ? "" : "upper colour";
  if (k.slot == Slot::kLower) return is_told_as(value_of(a, "lower_colour"), k) ? "" : "lower colour";
  if (k.slot == Slot::kFeet) return is_told_as(value_of(a, "shoes_colour"), k) ? "" : "shoes' colour";
  if (k.slot == Slot::kHead) return needs("hat");
  if (k.slot == Slot::kEyes) return needs(k.noun);
  if (k.noun == "backpack" || k.noun == "handbag" || k.noun == "umbrella") return needs(k.noun);
  if (k.noun == "shoulder bag" || k.noun == "messenger bag") return needs("shoulder_bag");
  if (k.noun == "suitcase") return needs("luggage");
  if (k.noun == "scarf" || k.noun == "mask" || k.noun == "tie" || k.noun == "beard") return needs(k.noun);
  if (k.noun == "ponytail" || k.noun == "bun" || k.noun == "bald")
    return value_of(a, "hair_style") == k.noun ? "" : "hair style";
  if (k.slot == Slot::kHair)
    return k.colours.empty() || is_told_as(value_of(a, "hair_colour"), k) ? "" : "hair";
  if (k.slot == Slot::kPerson) {
    const bool is_female = k.noun == "woman" || k.noun == "girl";
    const bool is_male = k.noun == "man" || k.noun == "boy";
    const std::string gender = value_of(a, "gender");
    return (is_female && gender == "female") || (is_male && gender == "male") ? "" : "gender";
  }
  if (k.slot == Slot::kLook) return k.noun.ends_with("sleeves") ? "" : "not said";
  return "not said";
}

bool tells(const std::vector<Keyword>& keywords, Slot slot, const std::string& colours) {
  return std::ranges::any_of(keywords, [&](const Keyword& k) {
    return (k.slot == slot || (slot == Slot::kUpper && k.slot == Slot::kWhole)) && is_told_as(colours, k);
  });
}

TEST(WriteCaption, KeyWordsGiveBackWhatIsSeen) {
  for (int64_t number = 1; number <= 1500; ++number) {
    const Identity person = draw_identity({.warmth = static_cast<double>(number % 11) / 10}, 1, number);
    const text::Attributes a = describe(person, whole_sight());
    RandomStream random(2, "describe_test", {static_cast<uint64_t>(number)});
    const std::string caption = write_caption(person, whole_sight(), random);
    const std::vector<Keyword> keywords = text::parse_keywords(caption);
    for (const Keyword& k : keywords) ASSERT_EQ(contradiction(a, k), "") << k.phrase << ": " << caption;
    ASSERT_TRUE(tells(keywords, Slot::kUpper, value_of(a, "upper_colour"))) << caption;
    if (a.contains("lower_colour")) {
      ASSERT_TRUE(tells(keywords, Slot::kLower, value_of(a, "lower_colour"))) << caption;
    }
  }
}

TEST(WriteCaption, TellsOnlyWhatIsSeen) {
  Identity person = draw_identity({}, 1, 1);
  person.backpack = Colour{0.9F, 0.1F, 0.1F};
  person.hat = HatType::kCap;
  person.upper = {.type = UpperType::kTShirt};
  person.lower = {.type = LowerType::kJeans};
  person.shoes = {.type = ShoeType::kBoots};
  const auto words = [&](const Sight& sight) {
    std::string all;
    for (uint64_t i = 0; i < 60; ++i) {
      RandomStream random(3, "describe_test", {i});
      all += write_caption(person, sight, random) + "\n";
    }
    return all;
  };
  EXPECT_THAT(words(whole_sight()),
              testing::AllOf(HasSubstr("backpack"), HasSubstr("cap"), HasSubstr("jeans"), HasSubstr("boots"),
                             HasSubstr("t-shirt")));
  EXPECT_THAT(words(without({Part::kBackpack})), Not(testing::ContainsRegex("backpack|rucksack")));
  EXPECT_THAT(words(without({Part::kHat})), Not(HasSubstr("cap")));
  EXPECT_THAT(words(without({Part::kLower})), Not(HasSubstr("jeans")));
  EXPECT_THAT(words(without({Part::kShoes})), Not(HasSubstr("boots")));
  EXPECT_THAT(words(without({Part::kUpper})), Not(HasSubstr("t-shirt")));
}

TEST(Describe, NeedsAQuarterOfAThingAndTenPixels) {
  Identity person;
  person.handbag = Colour{1, 0, 0};
  Sight sight = whole_sight();
  int& seen = sight.visible[static_cast<size_t>(Part::kHandbag)];
  seen = 400;
  EXPECT_EQ(value_of(describe(person, sight), "handbag"), "yes");
  seen = 300;
  EXPECT_FALSE(describe(person, sight).contains("handbag"));
  seen = 20;
  sight.total[static_cast<size_t>(Part::kHandbag)] = 20;
  EXPECT_FALSE(describe(person, sight).contains("handbag")) << "five pixels";
}

TEST(Describe, HangsOnTheSide) {
  Identity person;
  person.hair = HairStyle::kPonytail;
  person.upper.fabric.pattern = Pattern::kPrint;
  person.has_beard = true;
  person.upper.is_open = true;
  Sight sight = whole_sight();
  EXPECT_FALSE(describe(person, sight).contains("hair_style"));
  EXPECT_EQ(value_of(describe(person, sight), "upper_pattern"), "printed");
  EXPECT_TRUE(describe(person, sight).contains("inner_colour"));
  sight.facing = 3.1F;
  EXPECT_EQ(value_of(describe(person, sight), "hair_style"), "ponytail");
  for (const char* key : {"upper_pattern", "beard", "inner_colour"})
    EXPECT_FALSE(describe(person, sight).contains(key)) << key;
  sight.facing += 6.283185F;
  EXPECT_EQ(value_of(describe(person, sight), "hair_style"), "ponytail") << "a whole turn changes nothing";
}

TEST(Describe, IsUnderstoodByTheAttributes) {
  for (int64_t number = 1; number <= 500; ++number)
    text::check_attributes(describe(draw_identity({}, 5, number)), "describe");
  for (const std::string_view name : colour_names())
    text::check_attributes({{"upper_colour", std::string(name)}}, "colour_names");
}

}  // namespace
}  // namespace dmf::world
