#include "dmf/weights/name_map.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::weights {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

TEST(MappedName, StripsRenamesAndAdds) {
  const NameRules rules = {
      .strip = {"module.", "model."}, .renames = {{"gamma", "weight"}, {".c", ".conv"}}, .add = "image."};
  EXPECT_EQ(mapped_name("module.norm.gamma", rules), "image.norm.weight");
  EXPECT_EQ(mapped_name("module.model.x", rules), "image.model.x");
  EXPECT_EQ(mapped_name("a.c.c1", rules), "image.a.conv.conv1");
  EXPECT_EQ(mapped_name("plain", NameRules{}), "plain");
  EXPECT_EQ(mapped_name("aa", NameRules{.renames = {{"a", "aa"}}}), "aaaa");
  EXPECT_THROW(mapped_name("a", NameRules{.renames = {{"", "x"}}}), InvalidArgument);
}

TEST(MatchTensors, GivesFloat32UnderTheExpectedNames) {
  const NamedTensors file = {{"module.a", torch::tensor({1.5, 2.5}).to(torch::kHalf)},
                             {"module.b", torch::tensor({-3.0}).to(torch::kBFloat16)},
                             {"module.c", torch::zeros({2, 3})}};
  const NamedTensors tensors =
      match_tensors(file, {{"a", {2}}, {"b", {1}}, {"c", {kAnySize, 3}}, {"d", {4}, true}},
                    {.strip = {"module."}}, "file.pth");
  ASSERT_EQ(tensors.size(), 3U);
  for (const auto& [name, tensor] : tensors) EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
  EXPECT_TRUE(tensors.at("a").equal(torch::tensor({1.5F, 2.5F})));
  EXPECT_EQ(tensors.at("b").item<float>(), -3.0F);
}

TEST(MatchTensors, TellsEverythingThatIsWrongAtOnce) {
  const NamedTensors file = {{"a", torch::zeros({2})},
                             {"b", torch::zeros({3, 4})},
                             {"count", torch::zeros({1}, torch::kInt64)},
                             {"extra.one", torch::zeros({1})},
                             {"extra.two", torch::zeros({1})},
                             {"x.gamma", torch::zeros({1})},
                             {"x.weight", torch::zeros({1})}};
  const auto matching = [&] {
    match_tensors(
        file,
        {{"a", {3}}, {"b", {3, 5}, true}, {"count", {1}}, {"gone", {1}}, {"lost", {1}}, {"x.weight", {1}}},
        {.renames = {{"gamma", "weight"}}}, "file.pth");
  };
  EXPECT_THAT(
      matching,
      ThrowsMessage<DataError>(
          AllOf(HasSubstr("file.pth: its 7 tensors do not fit the 6 that are expected"),
                HasSubstr("missing (2):\n    gone\n    lost"),
                HasSubstr("misshaped (3):\n    a: expected [3], got [2]\n    b: expected [3, 5], got [3, 4]\n"
                          "    count: expected floating numbers, got Long"),
                HasSubstr("unused (2):\n    extra.one\n    extra.two"),
                HasSubstr("twice (1):\n    x.gamma and x.weight both become x.weight"))));
}

TEST(MatchTensors, HintsAtAPrefix) {
  const auto matching = [] {
    match_tensors({{"module.a", torch::zeros({1})}}, {{"a", {1}}}, {}, "file.pth");
  };
  EXPECT_THAT(matching, ThrowsMessage<DataError>(HasSubstr("hint: the file's names begin with `module.`")));
}

TEST(MatchTensors, IgnoresByPattern) {
  const NamedTensors file = {{"fc.weight", torch::zeros({1})},
                             {"bn.num_batches_tracked", torch::zeros({})},
                             {"x.aux.y", torch::zeros({1})},
                             {"exact", torch::zeros({1})},
                             {"used", torch::zeros({1})}};
  const NameRules all = {.ignore = {"fc.*", "*.num_batches_tracked", "*aux*", "exact", "used"}};
  EXPECT_EQ(match_tensors(file, {{"used", {1}}}, all, "file").size(), 1U);
  const auto matching = [&] {
    match_tensors(file, {{"used", {1}}}, {.ignore = {"fc*", "xact", "*aux"}}, "file");
  };
  EXPECT_THAT(matching,
              ThrowsMessage<DataError>(AllOf(HasSubstr("unused (3)"), Not(HasSubstr("fc.weight")))));
}

}  // namespace
}  // namespace dmf::weights
