#include "dmf/kernels/transformer_block.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "dmf/core/precision.h"
#include "dmf/kernels/block.h"
#include "support/closeness.h"

namespace dmf::kernels {
namespace {

using Tensors = std::vector<torch::Tensor>;

struct Shape {
  int64_t batch, tokens, width, heads, hidden;
};

torch::Tensor random(at::IntArrayRef sizes, double deviation = 1) { return at::randn(sizes) * deviation; }

Tensors attention_tensors(int64_t D) {
  const double small = 1 / std::sqrt(static_cast<double>(D));
  return {1 + random({D}, 0.2), random({D}, 0.2),      random({3 * D, D}, 2 * small),
          random({3 * D}, 0.2), random({D, D}, small), random({D}, 0.2)};
}

Tensors mlp_tensors(int64_t D, int64_t H) {
  const double small = 1 / std::sqrt(static_cast<double>(D));
  return {1 + random({D}, 0.2), random({D}, 0.2),      random({H, D}, 2 * small),
          random({H}, 0.2),     random({D, H}, small), random({D}, 0.2)};
}

torch::Tensor norm_of(const torch::Tensor& x, const Tensors& t) {
  return at::layer_norm(x, {x.size(2)}, t[0], t[1], 1e-6);
}

torch::Tensor with_branch(const torch::Tensor& x, const torch::Tensor& branch, const BranchOptions& options) {
  torch::Tensor added = branch * options.scale;
  if (options.keep.defined()) added = added * options.keep.view({-1, 1, 1});
  return x.narrow(1, 0, added.size(1)) + added;
}

/// The same with libtorch's operators, all tokens first.
torch::Tensor plain_attention(const torch::Tensor& x, const Tensors& t, const BranchOptions& options) {
  const int64_t B = x.size(0), S = x.size(1), D = x.size(2);
  const torch::Tensor all =
      at::linear(norm_of(x, t), t[2], t[3]).view({B, S, 3, options.heads, D / options.heads});
  const auto part = [&](int64_t i) { return all.select(2, i).transpose(1, 2); };
  torch::Tensor logits =
      at::matmul(part(0), part(1).transpose(2, 3)) / std::sqrt(static_cast<double>(D / options.heads));
  if (options.mask.defined())
    logits = logits.masked_fill(options.mask.view({B, 1, 1, S}).logical_not(),
                                -std::numeric_limits<float>::infinity());
  const torch::Tensor mixed = at::matmul(at::softmax(logits, 3), part(2)).transpose(1, 2).reshape({B, S, D});
  const torch::Tensor branch = at::linear(mixed, t[4], t[5]);
  return with_branch(x, options.outputs == 0 ? branch : branch.narrow(1, 0, options.outputs), options);
}

torch::Tensor plain_mlp(const torch::Tensor& x, const Tensors& t, const BranchOptions& options) {
  return with_branch(x, at::linear(at::gelu(at::linear(norm_of(x, t), t[2], t[3])), t[4], t[5]), options);
}

torch::Tensor fast_attention(const torch::Tensor& x, const Tensors& t, const BranchOptions& options) {
  return attention_branch(x, {t[0], t[1], t[2], t[3], t[4], t[5]}, options);
}
torch::Tensor fast_mlp(const torch::Tensor& x, const Tensors& t, const BranchOptions& options) {
  return mlp_branch(x, {t[0], t[1], t[2], t[3], t[4], t[5]}, options);
}

using BranchFunction = torch::Tensor (*)(const torch::Tensor&, const Tensors&, const BranchOptions&);

/// Output and gradients of the input and of all tensors.
Tensors results(BranchFunction branch, const torch::Tensor& x, const Tensors& tensors,
                const BranchOptions& options, torch::Dtype type) {
  Tensors leaves{x.detach().clone().requires_grad_()};
  for (const torch::Tensor& tensor : tensors) leaves.push_back(tensor.detach().clone().requires_grad_());
  torch::Tensor output;
  {
    const PrecisionScope precision(type, torch::kCPU);
    output = branch(leaves[0], {leaves.begin() + 1, leaves.end()}, options);
  }
  at::manual_seed(3);
  (output * at::randn(output.sizes())).sum().backward();
  Tensors all{output.detach()};
  for (const torch::Tensor& leaf : leaves) all.push_back(leaf.grad());
  return all;
}

class BranchKernels : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    const auto [B, S, D, heads, H] = GetParam();
    x_ = random({B, S, D});
    if (!can_run_branches(x_, heads, H)) GTEST_SKIP() << "this processor has no kernels";
  }

  /// Both sides in each type that this processor has kernels for.
  void compare(BranchFunction fast, BranchFunction plain, const Tensors& tensors,
               const BranchOptions& options) const {
    const Tensors expected = results(plain, x_, tensors, options, torch::kFloat32);
    for (const torch::Dtype type : {torch::kFloat32, torch::kBFloat16}) {
      if (kernels_for(type == torch::kBFloat16) == nullptr) continue;
      const Tensors found = results(fast, x_, tensors, options, type);
      // bfloat16 holds 8 bits, and some roundings follow each other.
      const double limit = type == torch::kFloat32 ? 2e-5 : 3e-2;
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_LT(test::relative_error(found[i], expected[i]), limit) << type << ", result " << i;
    }
  }

  torch::Tensor x_;
};

TEST_P(BranchKernels, AttentionIsLibtorchsForwardAndBackward) {
  compare(fast_attention, plain_attention, attention_tensors(GetParam().width), {.heads = GetParam().heads});
}

TEST_P(BranchKernels, MlpIsLibtorchsForwardAndBackward) {
  compare(fast_mlp, plain_mlp, mlp_tensors(GetParam().width, GetParam().hidden), {});
}

TEST_P(BranchKernels, TheFirstTokenAloneIsAsAmongAll) {
  compare(fast_attention, plain_attention, attention_tensors(GetParam().width),
          {.heads = GetParam().heads, .outputs = 1});
}

TEST_P(BranchKernels, SamplesThatSkipTheBranchAreNotComputed) {
  BranchOptions options{.heads = GetParam().heads, .scale = 1.25};
  options.keep = at::arange(GetParam().batch) % 3 != 1;
  const int64_t D = GetParam().width;
  for (const int64_t outputs : {0, 1}) {
    options.outputs = outputs;
    compare(fast_attention, plain_attention, attention_tensors(D), options);
  }
  compare(fast_mlp, plain_mlp, mlp_tensors(D, GetParam().hidden), options);
}

TEST_P(BranchKernels, MaskedTokensAreNotRead) {
  BranchOptions options{.heads = GetParam().heads};
  options.mask = at::rand({GetParam().batch, GetParam().tokens}) < 0.7;
  options.mask.select(1, 0).fill_(true);
  compare(fast_attention, plain_attention, attention_tensors(GetParam().width), options);
}

INSTANTIATE_TEST_SUITE_P(Shapes, BranchKernels,
                         testing::Values(Shape{2, 129, 96, 2, 192},  // ViT's tokens
                                         Shape{5, 33, 48, 3, 80},    // widths that end within a panel
                                         Shape{7, 5, 64, 1, 16},     // odd numbers of rows
                                         Shape{1, 1, 16, 1, 16}));

TEST(BranchKernelsAtTheEnds, ABatchThatSkipsTheBranchStaysAsItIs) {
  const torch::Tensor x = random({2, 3, 16}).requires_grad_();
  if (!can_run_branches(x, 1, 16)) GTEST_SKIP() << "this processor has no kernels";
  const BranchOptions options{.keep = at::zeros({2}, torch::kBool)};
  Tensors tensors = mlp_tensors(16, 16);
  for (torch::Tensor& tensor : tensors) tensor.requires_grad_();
  const torch::Tensor y = fast_attention(fast_mlp(x, tensors, options), attention_tensors(16), options);
  EXPECT_TRUE(at::equal(y, x));
  y.sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::ones_like(x)));
  for (const torch::Tensor& tensor : tensors) EXPECT_EQ(tensor.grad().abs().sum().item<float>(), 0);
}

TEST(BranchKernelsAtTheEnds, WhatDoesNotFitIsRefused) {
  EXPECT_FALSE(can_run_branches(random({2, 5, 16}), 4, 16)) << "four numbers a head";
  EXPECT_FALSE(can_run_branches(random({2, 5, 32}), 1, 24)) << "a hidden width that is no multiple of 16";
  EXPECT_FALSE(can_run_branches(random({1, 513, 16}), 1, 16)) << "too many tokens";
}

TEST(PackedWeights, FollowTheirTensor) {
  const torch::Tensor x = random({2, 5, 32});
  if (!can_run_branches(x, 2, 64)) GTEST_SKIP() << "this processor has no kernels";
  Tensors tensors = mlp_tensors(32, 64);
  const torch::NoGradGuard no_grad;
  const torch::Tensor before = fast_mlp(x, tensors, {});
  EXPECT_TRUE(at::equal(fast_mlp(x, tensors, {}), before));
  tensors[2].detach().mul_(1.5);
  const torch::Tensor after = fast_mlp(x, tensors, {});
  EXPECT_LT(test::relative_error(after, plain_mlp(x, tensors, {})), 2e-5);
  EXPECT_GT(test::relative_error(after, before), 1e-2);
}

TEST(BlockKernels, EveryProcessorsGiveTheSameNumbers) {
  constexpr int64_t kRows = 13, kWidth = 64, kHidden = 80;
  at::manual_seed(2);
  const torch::Tensor x = random({1, kRows, kWidth});
  const Tensors t = mlp_tensors(kWidth, kHidden);
  const torch::Tensor expected = plain_mlp(x, t, {});
  const KernelList all = all_kernels();
  for (int i = 0; i < all.count; ++i) {
    const Kernels& kernels = *all.kernels[i];
    const torch::Tensor up = at::empty({kernels.packed_words(kWidth, kHidden)}, torch::kInt32),
                        down = at::empty({kernels.packed_words(kHidden, kWidth)}, torch::kInt32);
    const auto words = [](const torch::Tensor& tensor) {
      return reinterpret_cast<uint32_t*>(tensor.data_ptr<int32_t>());
    };
    kernels.pack(t[2].data_ptr<float>(), kWidth, kHidden, true, words(up), 0,
                 (kHidden + kPanel - 1) / kPanel);
    kernels.pack(t[4].data_ptr<float>(), kHidden, kWidth, true, words(down), 0,
                 (kWidth + kPanel - 1) / kPanel);
    const torch::Tensor y = at::empty_like(x);
    MlpBranch branch;
    branch.width = kWidth;
    branch.hidden = kHidden;
    branch.tokens = branch.outputs = kRows;
    branch.count = 1;
    branch.epsilon = 1e-6F;
    branch.norm_weight = t[0].data_ptr<float>();
    branch.norm_bias = t[1].data_ptr<float>();
    branch.input = x.data_ptr<float>();
    branch.output = y.data_ptr<float>();
    branch.up_bias = t[3].data_ptr<float>();
    branch.down_bias = t[5].data_ptr<float>();
    branch.up_weight = words(up);
    branch.down_weight = words(down);
    const torch::Tensor scratch =
        at::empty({row_scratch_bytes(kernels, kRows, kWidth, kHidden)}, torch::kUInt8);
    kernels.mlp(branch, 0, kRows, scratch.data_ptr());
    EXPECT_LT(test::relative_error(y, expected), kernels.element_bytes == 4 ? 1e-5 : 2e-2) << kernels.name;
  }
}

}  // namespace
}  // namespace dmf::kernels
