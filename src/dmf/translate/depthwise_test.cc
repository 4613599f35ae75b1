#include "dmf/translate/depthwise.h"

#include <gmock/gmock.h>

#include "dmf/core/precision.h"
#include "dmf/core/processor.h"
#include "dmf/core/system.h"
#include "dmf/translate/depthwise_kernel.h"
#include "support/closeness.h"

namespace dmf::translate {
namespace {

struct Case {
  int64_t channels, height, width, kernel, stride;
  Padding padding;
};

class Depthwise : public testing::TestWithParam<Case> {
 protected:
  torch::Tensor libtorch(const torch::Tensor& x, const torch::Tensor& w) const {
    const auto [before, behind] = GetParam().padding;
    const torch::Tensor padded = at::constant_pad_nd(x, {before, behind, before, behind});
    return at::conv2d(padded, w, {}, at::IntArrayRef({GetParam().stride, GetParam().stride}),
                      at::IntArrayRef({0, 0}), at::IntArrayRef({1, 1}), w.size(0));
  }
};

TEST_P(Depthwise, AgreesWithLibtorchForwardAndBackward) {
  const auto [channels, height, width, kernel, stride, padding] = GetParam();
  for (const torch::Dtype type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({3, channels, height, width}).to(type).requires_grad_();
    const torch::Tensor w = torch::randn({channels, 1, kernel, kernel}).requires_grad_();
    const torch::Tensor reference_x = x.detach().to(torch::kFloat32).requires_grad_();
    const torch::Tensor reference_w = w.detach().clone().requires_grad_();
    const torch::Tensor y = depthwise_conv2d(x, w, stride, padding);
    const torch::Tensor expected = libtorch(reference_x, reference_w);
    ASSERT_EQ(y.scalar_type(), type);
    const torch::Tensor weights = torch::randn_like(expected).to(type).to(torch::kFloat32);
    (y.to(torch::kFloat32) * weights).sum().backward();
    (expected * weights).sum().backward();
    // bfloat16 holds 8 bits: half a unit in the last place is 2^-9 of the value.
    const double limit = type == torch::kFloat32 ? 1e-5 : 4e-3;
    EXPECT_LT(test::relative_error(y, expected), limit);
    EXPECT_LT(test::relative_error(x.grad(), reference_x.grad()), limit);
    EXPECT_LT(test::relative_error(w.grad(), reference_w.grad()), limit);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Depthwise,
                         testing::Values(Case{16, 8, 4, 3, 1, {1, 1}}, Case{32, 16, 8, 5, 1, {2, 2}},
                                         Case{48, 16, 8, 5, 2, {2, 2}}, Case{48, 16, 8, 5, 2, {1, 2}},
                                         Case{16, 16, 8, 3, 2, {0, 1}}, Case{16, 9, 7, 3, 2, {1, 1}},
                                         Case{16, 5, 5, 5, 1, {2, 2}}, Case{16, 1, 1, 5, 1, {2, 2}},
                                         Case{
                                             24, 8, 8, 3, 1, {1, 1}} /* not a multiple of 16: libtorch's */));

TEST(DepthwiseKernels, EveryInstructionSetGivesTheSameAnswer) {
  const DepthwiseShape shape{2, 16, 6, 6, 6, 6, 5, 1, 2};
  const torch::Tensor x = torch::randn({2, 6, 6, 16}), w = torch::randn({5, 5, 16});
  alignas(64) static float scratch[2 * 10 * 10 * 16];
  const auto run = [&](decltype(&generic::forward) forward) {
    torch::Tensor y = torch::empty_like(x);
    forward(shape, DepthwiseType::kFloat32, x.data_ptr(), w.data_ptr<float>(), y.data_ptr(), scratch, 0, 1);
    return y;
  };
  const torch::Tensor expected = run(generic::forward);
  if (has_x86_64_v3()) {
    EXPECT_LT(test::relative_error(run(v3::forward), expected), 1e-6);
  }
  if (has_x86_64_v4()) {
    EXPECT_LT(test::relative_error(run(v4::forward), expected), 1e-6);
  }
}

TEST(DepthwiseKernels, TellsItsSpeed) {
  const torch::Tensor x = torch::randn({32, 480, 16, 8})
                              .to(torch::kBFloat16)
                              .contiguous(at::MemoryFormat::ChannelsLast)
                              .requires_grad_();
  const torch::Tensor w = torch::randn({480, 1, 5, 5}).requires_grad_();
  const torch::Tensor g = torch::randn({32, 480, 16, 8}).to(torch::kBFloat16);
  const auto seconds = [&](const std::function<torch::Tensor()>& forward) {
    forward().backward(g);
    const double start = wall_seconds();
    for (int i = 0; i < 3; ++i) forward().backward(g);
    return (wall_seconds() - start) / 3;
  };
  const double ours = seconds([&] { return depthwise_conv2d(x, w, 1, {2, 2}); });
  const double theirs = seconds([&] {
    return at::conv2d(x, w.to(torch::kBFloat16), {}, {1, 1}, {2, 2}, {1, 1}, 480);
  });
  std::printf(
      "5x5 depthwise, bfloat16, forward + backward, batch 32: %.1f ms, libtorch %.1f ms: %.1f times\n",
      1e3 * ours, 1e3 * theirs, theirs / ours);
}

}  // namespace
}  // namespace dmf::translate
