#include "dmf/text/attributes.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::text {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

TEST(MarketAttributes, TranslatesNumbersAndColours) {
  const auto identity = nlohmann::json::parse(
      R"({"age": 3, "backpack": 2, "bag": 1, "clothes": 2, "down": 2, "downblue": 2, "downblack": 1, "gender": 2,
          "hair": 2, "hat": 1, "up": 2, "upblack": 2, "upwhite": 2, "upred": 1})");
  EXPECT_THAT(attributes_from_market(identity),
              UnorderedElementsAre(Pair("age", "adult"), Pair("backpack", "yes"), Pair("bag", "no"),
                                   Pair("gender", "female"), Pair("hair", "long"), Pair("hat", "no"),
                                   Pair("lower_colour", "blue"), Pair("lower_length", "short"),
                                   Pair("lower_type", "pants"), Pair("upper_colour", "black and white"),
                                   Pair("upper_sleeve", "short")));
}

TEST(MarketAttributes, NoColourFlagMeansNoColour) {
  EXPECT_TRUE(attributes_from_market({{"upblack", 1}, {"downblue", 1}}).empty());
}

TEST(MarketAttributes, NamesWhatIsWrong) {
  EXPECT_THAT(
      [] {
        attributes_from_market({{"shoes", 1}}, "x.json");
      },
      ThrowsMessage<DataError>(AllOf(HasSubstr("x.json"), HasSubstr("unknown attribute \"shoes\""))));
  EXPECT_THAT(
      [] {
        attributes_from_market({{"age", 5}});
      },
      ThrowsMessage<DataError>(HasSubstr("\"age\": expected a number from 1 to 4, got 5")));
  EXPECT_THROW(attributes_from_market({{"age", 0}}), DataError);
  EXPECT_THROW(attributes_from_market({{"age", "2"}}), DataError);
  EXPECT_THROW(attributes_from_market({{"age", 1.5}}), DataError);
  EXPECT_THROW(attributes_from_market({{"upred", 3}}), DataError);
  EXPECT_THROW(attributes_from_market(nlohmann::json::array()), DataError);
}

class MarketFile : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view text) {
    write_text(folder_ / "attributes.json", text);
    return folder_ / "attributes.json";
  }
  test::TemporaryFolder folder_;
};

TEST_F(MarketFile, ReadsIdentities) {
  const auto identities = read_market_attributes(write(R"({"0002": {"gender": 1}, "1500": {}})"));
  EXPECT_THAT(identities,
              UnorderedElementsAre(Pair(2, Attributes{{"gender", "male"}}), Pair(1500, Attributes{})));
}

TEST_F(MarketFile, NamesPathAndPlaceOfWhatIsWrong) {
  const auto message = [&](std::string_view text) {
    try {
      read_market_attributes(write(text));
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message("{\n\"0002\": {\"age\": 2},\n oops}"),
              AllOf(HasSubstr("attributes.json: line 3"), HasSubstr("not JSON")));
  EXPECT_THAT(message("[]"), HasSubstr("got array"));
  EXPECT_THAT(message(R"({"0002": {"age": 9}})"),
              AllOf(HasSubstr("attributes.json: \"0002\": \"age\""), HasSubstr("got 9")));
  EXPECT_THAT(message(R"({"0002": {"wings": 1}})"), HasSubstr("unknown attribute \"wings\""));
  EXPECT_THAT(message(R"({"zwei": {}})"), HasSubstr("got \"zwei\""));
  EXPECT_THAT(message(R"({"0002": {}, "2": {}})"), HasSubstr("identity 2 is there twice"));
  EXPECT_THAT(message(R"({"0002": 3})"), HasSubstr("got number"));
  EXPECT_THROW(read_market_attributes("/absent/attributes.json"), DataError);
}

TEST_F(MarketFile, ReadsTheDevelopmentData) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const auto identities =
      read_market_attributes(test::development_data() / "data/market1501s/attributes.json");
  EXPECT_EQ(identities.size(), 751u);
  const Attributes& second = identities.at(2);
  EXPECT_EQ(second.at("gender"), "male");
  EXPECT_EQ(second.at("upper_colour"), "red");
  EXPECT_EQ(second.at("lower_colour"), "blue");
  EXPECT_EQ(second.at("lower_length"), "short");
  for (const auto& [identity, attributes] : identities) EXPECT_NO_THROW(check_attributes(attributes, "test"));
}

TEST(FineGprAttributes, TranslatesItsNumbers) {
  const auto identity = nlohmann::json::parse(
      R"({"gender": 1, "hair_length": 2, "age": 3, "wear_glass": 2, "wear_short_sleeve": 1, "length_of_top_clothes": 2,
          "wear_dress": 2, "wear_boot": 1, "wear_hat": 1, "carry_bag": 2, "color_of_shoes": 2,
          "color_of_upper_body_clothes": 7, "color_of_lower_body_clothes": 9})");
  const Attributes attributes = attributes_from_finegpr(identity);
  EXPECT_EQ(attributes, (Attributes{{"gender", "male"},
                                    {"hair", "short"},
                                    {"age", "old"},
                                    {"glasses", "no"},
                                    {"upper_sleeve", "short"},
                                    {"upper_length", "short"},
                                    {"boots", "yes"},
                                    {"hat", "yes"},
                                    {"bag", "no"},
                                    {"shoes_colour", "light"},
                                    {"upper_colour", "blue"},
                                    {"lower_colour", "brown"}}));
  EXPECT_NO_THROW(check_attributes(attributes, "test"));
  EXPECT_THROW(attributes_from_finegpr({{"color_of_shoes", 3}}), DataError);
}

TEST(FineGprAttributes, ReadsSurroundingsFromNames) {
  EXPECT_EQ(surroundings_from_finegpr("a/b/0001_c01_w03_l05_p02.jpg"),
            (Attributes{{"viewpoint", "front"},
                        {"weather", "overcast"},
                        {"illumination", "afternoon"},
                        {"scene", "urban"}}));
  EXPECT_EQ(surroundings_from_finegpr("0003_c28_w01_l03_p08.jpg").at("viewpoint"), "left");
  EXPECT_EQ(surroundings_from_finegpr("0003_c10_w01_l03_p08.jpg").at("viewpoint"), "right");
  EXPECT_EQ(surroundings_from_finegpr("0003_c19_w01_l03_p08.jpg").at("viewpoint"), "back");
  for (const char* name : {"", "0001.jpg", "0001_c37_w01_l01_p01.jpg", "0001_c00_w01_l01_p01.jpg",
                           "0001_c1_w01_l01_p01.jpg", "0001_w01_c01_l01_p01.jpg", "0001_c01_w01_l01_p"}) {
    EXPECT_THAT([&] { surroundings_from_finegpr(name); },
                ThrowsMessage<DataError>(HasSubstr("not a FineGPR name")))
        << name;
  }
}

TEST(CheckAttributes, RefusesWhatIsNotInTheTable) {
  EXPECT_NO_THROW(check_attributes({{"upper_colour", "black and white"}, {"shoes", "boots"}}, "test"));
  EXPECT_THAT(
      [] {
        check_attributes({{"upper_color", "red"}}, "here");
      },
      ThrowsMessage<InvalidArgument>(
          AllOf(HasSubstr("[here]"), HasSubstr("upper_color"), HasSubstr("upper_colour"))));
  EXPECT_THROW(check_attributes({{"upper_colour", "red and loud"}}, "test"), InvalidArgument);
  EXPECT_THROW(check_attributes({{"upper_colour", "red and "}}, "test"), InvalidArgument);
  EXPECT_THROW(check_attributes({{"upper_colour", ""}}, "test"), InvalidArgument);
  EXPECT_THROW(check_attributes({{"gender", "male and female"}}, "test"), InvalidArgument);
}

}  // namespace
}  // namespace dmf::text
