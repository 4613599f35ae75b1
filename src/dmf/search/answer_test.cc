#include "dmf/search/answer.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/message_of.h"

namespace dmf::search {
namespace {

TEST(Decision, IsUnsureWithinTheInterval) {
  const SameThreshold threshold{.distance = 0.30, .low = 0.28, .high = 0.33, .far = 0.001, .dataset = ""};
  EXPECT_STREQ(decision(0.9, threshold), "same");
  EXPECT_STREQ(decision(1 - 0.279, threshold), "same");
  EXPECT_STREQ(decision(1 - 0.281, threshold), "unsure");
  EXPECT_STREQ(decision(1 - 0.329, threshold), "unsure");
  EXPECT_STREQ(decision(1 - 0.331, threshold), "different");
  EXPECT_STREQ(decision(-1, threshold), "different");
}

TEST(Answers, TellACrop) {
  const Crop crop{
      .id = 3, .source = "/a.jpg", .camera = "gate", .time = 1000, .identity = "ann", .tags = {"red"}};
  EXPECT_EQ(to_json(crop).dump(),
            R"({"camera":"gate","id":3,"identity":"ann","source":"/a.jpg","tags":["red"],)"
            R"("time":"1970-01-01T00:00:01Z"})");
  EXPECT_TRUE(to_json(Crop{})["time"].is_null());
}

TEST(WeightedMean, HasLengthOne) {
  const std::vector<float> right{1, 0}, up{0, 1}, left{-1, 0};
  EXPECT_THAT(weighted_mean({{&right, 3}, {&up, 4}}), testing::Pointwise(testing::FloatEq(), {0.6F, 0.8F}));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                weighted_mean({{&right, 1}, {&left, 1}});
              }),
              testing::HasSubstr("cancel each other out"));
}

}  // namespace
}  // namespace dmf::search
