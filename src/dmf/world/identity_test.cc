#include "dmf/world/identity.h"

#include <gmock/gmock.h>

#include <functional>

#include "dmf/world/describe.h"
#include "dmf/world/palette.h"

namespace dmf::world {
namespace {

constexpr int64_t kMany = 2000;

double share_of(const IdentityOptions& options, const std::function<bool(const Identity&)>& holds) {
  int64_t count = 0;
  for (int64_t number = 1; number <= kMany; ++number)
    count += holds(draw_identity(options, 1, number)) ? 1 : 0;
  return static_cast<double>(count) / kMany;
}

/// Keys of the attribute file in which two persons differ.
int differences(const Identity& a, const Identity& b) {
  const text::Attributes first = describe(a), second = describe(b);
  int count = 0;
  for (const auto& [key, value] : first) count += second.contains(key) && second.at(key) == value ? 0 : 1;
  for (const auto& [key, value] : second) count += first.contains(key) ? 0 : 1;
  return count;
}

TEST(Identity, HangsOnSeedAndNumberAlone) {
  const Identity person = draw_identity({}, 1, 7);
  EXPECT_EQ(describe(person), describe(draw_identity({}, 1, 7)));
  EXPECT_EQ(person.details, draw_identity({}, 1, 7).details);
  EXPECT_EQ(person.skin, draw_identity({}, 1, 7).skin);
  EXPECT_NE(person.details, draw_identity({}, 2, 7).details);
  EXPECT_NE(person.details, draw_identity({}, 1, 8).details);
}

TEST(Identity, IsPlausible) {
  for (const double warmth : {0.0, 0.5, 1.0}) {
    for (int64_t number = 1; number <= kMany; ++number) {
      const Identity p = draw_identity({.warmth = warmth, .formality = 0.8}, 3, number);
      const bool is_child = p.age == AgeGroup::kChild;
      ASSERT_FALSE(is_child && (p.upper.type == UpperType::kSuit || p.shoes.type == ShoeType::kHeels));
      ASSERT_FALSE(p.gender == Gender::kMale &&
                   (p.upper.type == UpperType::kDress || p.lower.type == LowerType::kSkirt));
      ASSERT_FALSE(p.has_beard && (p.gender == Gender::kFemale || is_child || p.age == AgeGroup::kTeenager));
      ASSERT_LT(p.height, is_child ? 1.45F : 2.0F);
      ASSERT_GT(p.height, is_child ? 0.95F : 1.35F);
      ASSERT_FALSE(p.backpack && p.shoulder_bag);
      ASSERT_LE(static_cast<int>(p.handbag.has_value()) + p.luggage.has_value() + p.umbrella.has_value(), 1);
      for (const Colour& c :
           {p.skin, p.hair_colour, p.upper.fabric.colour, p.lower.fabric.colour, p.shoes.colour}) {
        for (const float part : {c.red, c.green, c.blue}) ASSERT_TRUE(part >= 0 && part <= 1) << part;
      }
    }
  }
}

TEST(Identity, DressesForTheSeason) {
  const auto is_coat = [](const Identity& p) {
    return p.upper.type == UpperType::kCoat || p.scarf.has_value();
  };
  const auto has_shorts = [](const Identity& p) { return p.lower.type == LowerType::kShorts; };
  EXPECT_GT(share_of({.warmth = 0}, is_coat), 0.3);
  EXPECT_LT(share_of({.warmth = 1}, is_coat), 0.05);
  EXPECT_LT(share_of({.warmth = 0}, has_shorts), 0.01);
  EXPECT_GT(share_of({.warmth = 1}, has_shorts), 0.15);
}

TEST(Identity, NearTwinsDifferInOneOrTwoDetails) {
  int64_t alike = 0, pairs = 0;
  for (int64_t number = 2; number <= 400; ++number) {
    if (number % 4 == 1) continue;  // the first of a family
    const IdentityOptions options{.near_twins = 1};
    const Identity first = draw_identity(options, 1, number - (number - 1) % 4),
                   twin = draw_identity(options, 1, number);
    EXPECT_EQ(first.skin, twin.skin);
    EXPECT_EQ(first.upper.type, twin.upper.type);
    EXPECT_EQ(first.details, twin.details);
    // One detail may be several keys: a bag and its colour, hair and its style.
    ASSERT_LE(differences(first, twin), 8) << number;
    alike += differences(first, twin) == 0 ? 1 : 0;
    ++pairs;
  }
  EXPECT_LT(alike, pairs / 50) << "a changed detail is nearly always one that words tell";
}

TEST(Identity, TheDialSetsTheShareOfNearTwins) {
  const auto twins = [](double dial) {
    int64_t count = 0;
    for (int64_t number = 1; number <= kMany; ++number) {
      const Identity first = draw_identity({.near_twins = dial}, 1, number - (number - 1) % 4);
      count +=
          number % 4 != 1 && draw_identity({.near_twins = dial}, 1, number).details == first.details ? 1 : 0;
    }
    return static_cast<double>(count) / (0.75 * kMany);
  };
  EXPECT_EQ(twins(0), 0);
  EXPECT_NEAR(twins(0.4), 0.4, 0.05);
  EXPECT_EQ(twins(1), 1);
}

TEST(ColourName, NamesWhatPeopleSee) {
  const auto name = [](int red, int green, int blue) {
    return colour_name(
        {static_cast<float>(red) / 255, static_cast<float>(green) / 255, static_cast<float>(blue) / 255});
  };
  EXPECT_EQ(name(0, 0, 0), "black");
  EXPECT_EQ(name(255, 255, 255), "white");
  EXPECT_EQ(name(128, 128, 128), "gray");
  EXPECT_EQ(name(255, 0, 0), "red");
  EXPECT_EQ(name(0, 128, 0), "green");
  EXPECT_EQ(name(0, 0, 255), "blue");
  EXPECT_EQ(name(255, 255, 0), "yellow");
  EXPECT_EQ(name(255, 165, 0), "orange");
  EXPECT_EQ(name(128, 0, 128), "purple");
  EXPECT_EQ(name(139, 69, 19), "brown");
  EXPECT_EQ(name(0, 0, 128), "navy");
  EXPECT_EQ(name(245, 222, 179), "beige");
  EXPECT_EQ(name(128, 0, 0), "maroon");
}

TEST(Colour, GoesToLightAndBack) {
  EXPECT_NEAR(linear_from_srgb(0.5F), 0.2140F, 1e-4);
  for (const float value : {0.0F, 0.02F, 0.3F, 0.7F, 1.0F}) {
    EXPECT_NEAR(srgb_from_linear(linear_from_srgb(value)), value, 1e-5);
  }
}

TEST(Colour, OfHsv) {
  EXPECT_EQ(colour_from_hsv(0, 1, 1), (Colour{1, 0, 0}));
  EXPECT_NEAR(colour_distance(colour_from_hsv(1.0 / 3, 1, 1), {0, 1, 0}), 0, 1e-3);
  EXPECT_NEAR(colour_distance(colour_from_hsv(2.0 / 3, 1, 0.5), {0, 0, 0.5F}), 0, 1e-3);
  EXPECT_EQ(colour_from_hsv(0.3, 0, 0.7), (Colour{0.7F, 0.7F, 0.7F}));
}

}  // namespace
}  // namespace dmf::world
