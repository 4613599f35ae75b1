#include "dmf/core/shape.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"

namespace dmf {
namespace {

using testing::ThrowsMessage;

TEST(CheckShape, TellsExpectedAndGot) {
  const torch::Tensor tensor = torch::zeros({64, 129});
  EXPECT_NO_THROW(check_shape(tensor, {64, kAnySize}, "forward", "tokens"));
  EXPECT_THAT(
      [&] {
        check_shape(tensor, {64, 129, kAnySize}, "forward", "tokens");
      },
      ThrowsMessage<InvalidArgument>("[forward] shape of `tokens`: expected [64, 129, any], got [64, 129]"));
  EXPECT_THAT(
      [&] {
        check_shape(tensor, {64, 128}, "forward", "tokens");
      },
      ThrowsMessage<InvalidArgument>("[forward] shape of `tokens`: expected [64, 128], got [64, 129]"));
  EXPECT_THAT(
      [] { check_shape(torch::Tensor(), {1}, "forward", "tokens"); },
      ThrowsMessage<InvalidArgument>("[forward] shape of `tokens`: expected [1], got an undefined tensor"));
  EXPECT_NO_THROW(check_shape(torch::tensor(1.0F), {}, "forward", "loss"));
}

TEST(CheckType, TellsExpectedAndGot) {
  EXPECT_NO_THROW(check_type(torch::zeros({1}), torch::kFloat32, "forward", "tokens"));
  EXPECT_THAT([] { check_type(torch::zeros({1}), torch::kInt64, "forward", "labels"); },
              ThrowsMessage<InvalidArgument>("[forward] element type of `labels`: expected Long, got Float"));
}

TEST(ShapeText, WritesSizesAsTheProjectDoes) {
  EXPECT_EQ(shape_text({2, 3}), "[2, 3]");
  EXPECT_EQ(shape_text({}), "[]");
}

}  // namespace
}  // namespace dmf
