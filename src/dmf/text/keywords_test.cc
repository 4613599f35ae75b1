#include "dmf/text/keywords.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "dmf/text/lexicon.h"
#include "support/development_data.h"

namespace dmf::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Case {
  const char* caption;
  std::vector<std::string> keywords;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.caption; }

class Keywords : public testing::TestWithParam<Case> {};

TEST_P(Keywords, AreFound) { EXPECT_EQ(extract_keywords(GetParam().caption), GetParam().keywords); }

INSTANTIATE_TEST_SUITE_P(
    Pairs, Keywords,
    testing::ValuesIn(std::vector<Case>{
        {"A woman in a red shirt, a pair of blue jean shorts and a pair of gray shoes.",
         {"woman", "red shirt", "blue jeans shorts", "gray shoes"}},
        {"blue and white striped shirt", {"blue and white striped shirt"}},
        {"a pair of gray, white and black shoes", {"gray and white and black shoes"}},
        {"a black/white t-shirt & red shorts", {"black and white t-shirt", "red shorts"}},
        {"dark blue jeans, bright neon-green top", {"dark blue jeans", "bright green top"}},
        {"a dark colored shirt and light-coloured pants", {"dark shirt", "light pants"}},
        {"a red Nike shirt", {"red shirt"}},
        {"a white, black shoes", {"white and black shoes"}},
        {"white and white shoes", {"white shoes"}},
        {"He wears a shirt. The shirt is red.", {"man", "red shirt"}},
        {"a man dressed all in black", {"man", "black clothes"}},
        {"someone wearing white.", {"white clothes"}},
    }));

INSTANTIATE_TEST_SUITE_P(ColourAfterTheGarment, Keywords,
                         testing::ValuesIn(std::vector<Case>{
                             {"a shirt that is red", {"red shirt"}},
                             {"Her pants are dark blue.", {"woman", "dark blue pants"}},
                             {"His shoes appear to be black and white", {"man", "black and white shoes"}},
                             {"his pants and shirt are dark in color", {"man", "dark pants", "dark shirt"}},
                             {"The shirt is red, black pants", {"red shirt", "black pants"}},
                             {"The shirt is red and blue pants", {"red shirt", "blue pants"}},
                             {"The shirt is red and the pants are blue", {"red shirt", "blue pants"}},
                             {"The shirt is a dark blue color", {"dark blue shirt"}},
                             {"The shirt is a red polo", {"shirt", "red polo shirt"}},
                             {"tank top color black", {"black tank top"}},
                             {"a striped shirt in red and white.", {"red and white striped shirt"}},
                             {"a man with short hair in long yellow and green pants",
                              {"man", "short hair", "long yellow and green pants"}},
                             {"her hair is long and brown", {"woman", "long brown hair"}},
                         }));

INSTANTIATE_TEST_SUITE_P(Variants, Keywords,
                         testing::ValuesIn(std::vector<Case>{
                             {"grey trousers", {"gray pants"}},
                             {"a tee, a tshirt, a T shirt and a t-shirt", {"t-shirt"}},
                             {"white trainers and tennis shoes", {"white sneakers"}},
                             {"red shirts and two bags", {"red shirt", "bag"}},
                             {"dresses", {"dress"}},
                             {"Capri's", {"capri pants"}},
                             {"a dress shirt and dress shoes", {"dress shirt", "dress shoes"}},
                             {"short-sleeved, knee-length dress", {"short-sleeved knee-length dress"}},
                             {"a shirt with short sleeves and white stripes",
                              {"shirt", "short sleeves", "white stripes"}},
                             {"checkered skirt and floral-print blouse", {"plaid skirt", "floral blouse"}},
                             {"cap sleeves but a baseball cap", {"short sleeves", "cap"}},
                             {"standing on top of the stairs", {}},
                         }));

INSTANTIATE_TEST_SUITE_P(Persons, Keywords,
                         testing::ValuesIn(std::vector<Case>{
                             {"an elderly lady and a young boy", {"elderly woman", "young boy"}},
                             {"A black man and a white female", {"man", "woman"}},
                             {"She is young.", {"woman", "young"}},
                             {"This person has his hair in a ponytail", {"man", "ponytail"}},
                             {"The pedestrian is short haired", {"short hair"}},
                             {"the dark-haired girl puts her hair in a bun", {"dark hair", "girl", "bun"}},
                             {"bald man with a beard", {"bald", "man", "beard"}},
                             {"a young man's old jeans", {"young man", "jeans"}},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Things, Keywords,
    testing::ValuesIn(std::vector<Case>{
        {"carrying a black back pack, a purse and an umbrella, talking on a cell phone, riding a bike",
         {"black backpack", "handbag", "umbrella", "phone", "bicycle"}},
        {"black framed glasses and a white cap", {"black glasses", "white cap"}},
        {"a plastic bag and a brown shoulder bag", {"plastic bag", "brown shoulder bag"}},
    }));

INSTANTIATE_TEST_SUITE_P(Negations, Keywords,
                         testing::ValuesIn(std::vector<Case>{
                             {"a woman without a hat", {"woman"}},
                             {"no backpack", {}},
                             {"He is not carrying a bag.", {"man"}},
                             {"She isn't wearing glasses or a red hat", {"woman"}},
                             {"She isn\u2019t wearing glasses", {"woman"}},
                             {"doesn't have a bag, hat, or umbrella, wears jeans", {"jeans"}},
                             {"neither a hat nor a bag", {}},
                             {"without a hat and glasses", {}},
                             {"She has no hat and long hair", {"woman", "long hair"}},
                             {"no hat, red shirt, blue pants", {"red shirt", "blue pants"}},
                             {"no bag but an umbrella", {"umbrella"}},
                             {"not carrying a bag and wearing a red shirt", {"red shirt"}},
                             {"not only a hat but also a backpack", {"hat", "backpack"}},
                             {"her shoes are not visible", {"woman"}},
                             {"a hat cannot be seen", {}},
                             {"no glasses are visible. Red top", {"red top"}},
                             {"sandals instead of shoes", {"sandals"}},
                             {"the shirt is not red", {"shirt"}},
                             {"the shirt is not red but blue", {"blue shirt"}},
                             {"a hatless man with no hair", {"man"}},
                             {"he lacks a hat; he has a cap", {"man", "cap"}},
                             {"barefoot, no shoes", {"barefoot"}},
                             {"w/o a hat", {}},
                         }));

TEST(ParseKeywords, TellsTheParts) {
  const auto keywords = parse_keywords("a dark blue and white striped shirt, a young man");
  ASSERT_EQ(keywords.size(), 2u);
  EXPECT_EQ(keywords[0].phrase, "dark blue and white striped shirt");
  EXPECT_EQ(keywords[0].noun, "shirt");
  EXPECT_THAT(keywords[0].colours, ElementsAre("dark blue", "white"));
  EXPECT_THAT(keywords[0].qualities, ElementsAre("striped"));
  EXPECT_EQ(keywords[0].slot, Slot::kUpper);
  EXPECT_THAT(keywords[1].qualities, ElementsAre("young"));
  EXPECT_EQ(keywords[1].slot, Slot::kPerson);
}

TEST(ExtractKeywords, SurvivesAnyBytes) {
  EXPECT_THAT(extract_keywords(""), IsEmpty());
  EXPECT_THAT(extract_keywords(" \n\t.,;"), IsEmpty());
  EXPECT_THAT(extract_keywords("red\xff"
                               "shirt \xe2\x80 blue\xc3 hat\xed\xa0\x80"),
              ElementsAre("red shirt", "blue hat"));
  EXPECT_THAT(extract_keywords("女 red shirt é"), ElementsAre("red shirt"));
  for (const char* end : {"no", "not a", "a shirt is", "a shirt and", "a shirt and a", "red and", "red,",
                          "shirt is not", "without a hat and", "in", "but", "w/o", "'", "no hat,"}) {
    EXPECT_NO_THROW(extract_keywords(end)) << end;
  }
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(i * 31 % 257);
  EXPECT_NO_THROW(extract_keywords(bytes));
}

TEST(ExtractKeywords, ItsOwnResultGivesTheSameAgain) {
  const auto keywords = extract_keywords(
      "A young woman in a dark red striped shirt, grey jean shorts, with long hair and a black backpack");
  std::string again;
  for (const std::string& keyword : keywords) again += keyword + ", ";
  EXPECT_EQ(extract_keywords(again), keywords);
}

TEST(Lexicon, TakesTheLongestPhrase) {
  const std::vector<std::string> words = {"tennis", "shoes", "and"};
  EXPECT_EQ(longest_match(words).words, 2u);
  EXPECT_EQ(longest_match(words).entry.canonical, "sneakers");
  EXPECT_EQ(longest_match(std::vector<std::string>{"zebra"}).words, 0u);
}

TEST(KeywordText, IsTheKeyWordsOrTheWholeCaption) {
  EXPECT_EQ(keyword_text("A woman who wears a red coat."), "woman red coat");
  EXPECT_EQ(keyword_text("Somebody."), "Somebody.");
}

TEST(ReadSentence, TellsWhatIsNotRead) {
  const SentenceReading reading =
      read_sentence("A man with a red hat but no black bag, zorbing near a Zorb; he isn't wearing glasses.");
  EXPECT_THAT(reading.keywords, ElementsAre("man", "red hat"));
  EXPECT_THAT(reading.negated, ElementsAre("black bag", "glasses"));
  EXPECT_THAT(reading.unknown, ElementsAre("zorbing", "zorb"));
  EXPECT_THAT(read_sentence("her shoes are not visible").negated, ElementsAre("shoes"));
  const SentenceReading contrast = read_sentence("the shirt is not red but blue");
  EXPECT_THAT(contrast.keywords, ElementsAre("blue shirt"));
  EXPECT_THAT(contrast.negated, ElementsAre("red"));
  const SentenceReading nothing = read_sentence("");
  EXPECT_TRUE(nothing.keywords.empty() && nothing.negated.empty() && nothing.unknown.empty());
}

TEST(ExtractKeywords, FindsTwoInNearlyAllHumanCaptions) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  std::ifstream file(test::development_data() / "data/market1501s/captions.jsonl");
  double sentences = 0, rich = 0;
  for (std::string line; std::getline(file, line);) {
    const auto record = nlohmann::json::parse(line);
    for (const auto& caption : record.at("captions")) {
      ++sentences;
      rich += extract_keywords(caption.get<std::string>()).size() >= 2;
    }
  }
  EXPECT_GT(sentences, 1000);
  EXPECT_GE(rich / sentences, 0.95);
  RecordProperty("percent_with_two_keywords", fmt::format("{:.2f}", 100 * rich / sentences));
}

}  // namespace
}  // namespace dmf::text
