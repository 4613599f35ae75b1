#include "dmf/core/error.h"

#include <gmock/gmock.h>

namespace dmf {
namespace {

TEST(Error, EachKindHasItsExitCode) {
  EXPECT_EQ(Error("x").exit_code(), 1);
  EXPECT_EQ(InvalidArgument("x").exit_code(), 2);
  EXPECT_EQ(DataError("x").exit_code(), 3);
  EXPECT_EQ(DeviceError("x").exit_code(), 4);
  EXPECT_EQ(Interrupted("x").exit_code(), 130);
}

TEST(Expectation, LeavesEmptyPartsOut) {
  EXPECT_EQ((Expectation{"train", "batch", "4 samples", "3", "use K = 3"}.message()),
            "[train] batch: expected 4 samples, got 3; hint: use K = 3");
  EXPECT_EQ((Expectation{"", "batch is empty", "", "", ""}.message()), "batch is empty");
  EXPECT_EQ((Expectation{"train", "batch", "", "3", ""}.message()), "[train] batch: got 3");
  EXPECT_EQ((Expectation{"train", "batch", "4", "", "x"}.message()), "[train] batch: expected 4; hint: x");
}

TEST(Check, ThrowsTheKindWithItsMessage) {
  EXPECT_THAT([] { DMF_CHECK(1 > 2, DataError, "{}: line {}", "file.csv", 3); },
              testing::ThrowsMessage<DataError>("file.csv: line 3"));
  EXPECT_NO_THROW(DMF_CHECK(2 > 1, DataError, "never"));
  EXPECT_THAT([] { DMF_ASSERT(1 > 2); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("broken invariant: 1 > 2")));
}

}  // namespace
}  // namespace dmf
