#include "dmf/search/crop.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/message_of.h"

namespace dmf::search {
namespace {

using testing::HasSubstr;

TEST(Time, IsReadAndWrittenInUtc) {
  EXPECT_EQ(parse_time("1970-01-01"), 0);
  EXPECT_EQ(parse_time("1970-01-02 00:00"), 86'400'000);
  EXPECT_EQ(parse_time("2026-01-31T12:00:05Z"), 1'769'860'805'000);  // date -u -d 2026-01-31T12:00:05Z +%s
  EXPECT_EQ(parse_time("2026-01-31T12:00:05.25+01:30"), 1'769'860'805'250 - 90 * 60'000);
  EXPECT_EQ(parse_time("2026-01-31T12:00:05-0100"), 1'769'860'805'000 + 60 * 60'000);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59"), -1000);
  for (const char* text : {"2026-01-31T12:00:05Z", "1969-12-31T23:59:59.007Z", "2024-02-29T00:00:00Z"})
    EXPECT_EQ(time_text(parse_time(text)), text);
}

TEST(Time, WhatIsNoneIsRefused) {
  for (const char* text : {"", "yesterday", "2026-02-30", "2025-02-29", "2026-01-31T24:00", "2026-13-01",
                           "2026-01-31T12", "2026-01-31 12:00 ", "31.01.2026", "2026-01-31T12:00:05+25:00"}) {
    EXPECT_THAT(test::message_of<InvalidArgument>([&] { parse_time(text); }), HasSubstr(text)) << text;
  }
}

TEST(Crop, AnUpdateChangesWhatItNames) {
  const Crop crop{.id = 3, .source = "a", .camera = "1", .time = 5, .identity = "ann", .tags = {"x", "y"}};
  const Crop same = updated(crop, {});
  EXPECT_EQ(digest_of(same), digest_of(crop));
  const Crop other = updated(
      crop,
      {.camera = "2", .time = std::optional<int64_t>(), .add_tags = {"b", "x"}, .remove_tags = {"y", "z"}});
  EXPECT_EQ(other.camera, "2");
  EXPECT_FALSE(other.time.has_value());
  EXPECT_EQ(other.identity, "ann");
  EXPECT_EQ(other.tags, (std::vector<std::string>{"b", "x"}));
}

TEST(Crop, EveryFieldIsInItsDigest) {
  const Crop crop{
      .id = 3, .source = "a", .version = "b", .camera = "c", .time = 5, .identity = "d", .tags = {"e"}};
  std::vector<Crop> others(8, crop);
  others[0].id = 4;
  others[1].source = "";
  others[2].version = "bc";
  others[2].camera = "";  // the same letters in other fields
  others[3].camera = "d";
  others[4].time.reset();
  others[5].identity = "D";
  others[6].tags = {};
  others[7].tags = {"e", "f"};
  for (size_t i = 0; i < others.size(); ++i) EXPECT_NE(digest_of(others[i]), digest_of(crop)) << i;
}

}  // namespace
}  // namespace dmf::search
