#include "dmf/weights/tensors.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"

namespace dmf::weights {
namespace {

TEST(Scope, FindsTensorsBelowItsPrefix) {
  const NamedTensors tensors = {{"encoder.layer.3.weight", torch::tensor({3.0F})},
                                {"weight", torch::tensor({1.0F})}};
  const Scope all(tensors);
  const Scope layer = all / "encoder" / "layer" / "3";
  EXPECT_EQ(layer["weight"].item<float>(), 3.0F);
  EXPECT_EQ(all["weight"].item<float>(), 1.0F);
  EXPECT_EQ(layer.prefix(), "encoder.layer.3.");
  EXPECT_TRUE(layer.has("weight"));
  EXPECT_FALSE(layer.has("bias"));
  EXPECT_EQ(Scope(tensors, "encoder.layer.3.")["weight"].item<float>(), 3.0F);
}

TEST(Scope, NamesTheWholeNameOfWhatIsMissing) {
  const NamedTensors tensors;
  EXPECT_THAT([&] { (Scope(tensors) / "a" / "b")["bias"]; },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("no tensor `a.b.bias`")));
}

}  // namespace
}  // namespace dmf::weights
