#include "dmf/translate/transformer.h"

#include <gmock/gmock.h>

#include "dmf/translate/golden_formula.h"
#include "support/closeness.h"

namespace dmf::translate {
namespace {

constexpr int64_t kWidth = 8, kHidden = 16, kHeads = 2, kTokens = 5;

Affine linear(const std::string& name, int64_t outputs, int64_t inputs) {
  return {golden::weight(name + ".weight", {outputs, inputs}), golden::weight(name + ".bias", {outputs})};
}
Affine norm(const std::string& name) {
  return {golden::weight(name + ".weight", {kWidth}), golden::weight(name + ".bias", {kWidth})};
}

TransformerBlock made_block() {
  TransformerBlock block;
  block.query = linear("query", kWidth, kWidth);
  block.key = linear("key", kWidth, kWidth);
  block.value = linear("value", kWidth, kWidth);
  block.attention_output = linear("output", kWidth, kWidth);
  block.attention_norm = norm("attention norm");
  block.up = linear("up", kHidden, kWidth);
  block.down = linear("down", kWidth, kHidden);
  block.mlp_norm = norm("mlp norm");
  return block;
}

torch::Tensor sequence() { return golden::values("sequence", {2, kTokens, kWidth}); }

class RunBlock : public ::testing::TestWithParam<NormPlace> {
 protected:
  TransformerShape shape() const { return {kHeads, 1e-6, GetParam()}; }
  torch::Tensor run(const TransformerBlock& block, const torch::Tensor& mask = {}) const {
    return run_block(block, sequence(), mask, shape());
  }
};

TEST_P(RunBlock, AMaskIsABiasOfMinusInfinity) {
  torch::Tensor mask = torch::ones({2, 1, 1, kTokens}, torch::kBool);
  mask[1][0][0][3] = false;
  const torch::Tensor bias =
      torch::zeros({2, kHeads, kTokens, kTokens}).masked_fill(mask.logical_not(), -1e30);
  EXPECT_LT(test::relative_error(run(made_block(), bias), run(made_block(), mask)), 1e-6);
  EXPECT_GT(test::relative_error(run(made_block()), run(made_block(), mask)), 1e-3);
}

TEST_P(RunBlock, ABiasCountsTheSameWithAndWithoutGradient) {
  torch::Tensor bias = golden::values("bias", {1, kHeads, kTokens, kTokens});
  const torch::Tensor expected = run(made_block(), bias);
  bias.requires_grad_(true);
  const torch::Tensor result = run(made_block(), bias);
  EXPECT_LT(test::relative_error(result, expected), 1e-6);
  result.square().sum().backward();
  EXPECT_GT(bias.grad().abs().min().item<float>(), 0);
}

TEST_P(RunBlock, AKeysBiasChangesNothing) {
  TransformerBlock block = made_block();
  const torch::Tensor expected = run(block);
  block.key.bias = torch::Tensor();
  EXPECT_LT(test::relative_error(run(block), expected), 1e-5)
      << "it adds the same to all of a query's logits";
}

TEST_P(RunBlock, LayerScaleMultipliesTheBranches) {
  TransformerBlock scaled = made_block(), folded = made_block();
  scaled.attention_scale = golden::values("attention scale", {kWidth});
  scaled.mlp_scale = golden::values("mlp scale", {kWidth});
  const auto fold = [](Affine& layer, const torch::Tensor& scale) {
    layer = {layer.weight * scale.unsqueeze(1), layer.bias * scale};
  };
  fold(folded.attention_output, scaled.attention_scale);
  fold(folded.down, scaled.mlp_scale);
  EXPECT_LT(test::relative_error(run(scaled), run(folded)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(NormPlaces, RunBlock, ::testing::Values(NormPlace::kBefore, NormPlace::kBehind),
                         [](const auto& place) {
                           return place.param == NormPlace::kBefore ? "Before" : "Behind";
                         });

}  // namespace
}  // namespace dmf::translate
