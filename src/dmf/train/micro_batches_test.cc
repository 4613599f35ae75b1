#include "dmf/train/micro_batches.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/fuse/recompute.h"
#include "dmf/train/trainer.h"
#include "support/live_bytes.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyWorld;

fuse::DmfModel block_model(const fuse::ModelOptions& given, int64_t width = 16) {
  at::set_num_threads(1);  // steps this small are faster on one thread, and do not wait for a busy machine
  fuse::ModelOptions options = given;
  options.width = width;
  options.heads = 2;
  options.max_text_length = 4;
  options.residual_init = 1;  // at 0 the blocks would get no gradient
  return {options,
          std::make_shared<test::FixedNormEncoder>(
              TinyWorld::kChannels, translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
          TinyWorld::kTextWidth, 40, 1};
}

/// Losses of three steps, and all parameters and statistics behind them.
struct Trained {
  std::vector<double> losses;
  weights::NamedTensors tensors;
};

Trained three_steps(const fuse::ModelOptions& options, const TrainerOptions& trainer_options,
                    int64_t texts_each = 2) {
  fuse::DmfModel model = block_model(options);
  Trainer trainer(model, trainer_options);
  const test::TinyBatches batches({}, 40, texts_each);
  Trained result;
  for (int64_t step = 0; step < 3; ++step)
    result.losses.push_back(trainer.step(batches.draw(step), 0.05, step).loss);
  for (const auto& [name, tensor] : model.tensors()) result.tensors[name] = tensor.detach().clone();
  return result;
}

TrainerOptions plain_sgd() {
  TrainerOptions options;
  options.optimizer = {.name = "sgd", .momentum = 0.9, .weight_decay = 0, .encoder_rate = 1};
  return options;
}

class Parts : public testing::TestWithParam<std::string> {};

TEST_P(Parts, GiveTheLossesAndTheGradientsOfTheWholeBatch) {
  const fuse::ModelOptions options{.normalise_tokens = GetParam()};
  TrainerOptions trainer = plain_sgd();
  const Trained whole = three_steps(options, trainer);
  for (const int64_t parts : {2, 3, 7}) {  // also parts that are not equally large
    trainer.parts = parts;
    const Trained divided = three_steps(options, trainer);
    for (size_t i = 0; i < whole.losses.size(); ++i)
      EXPECT_NEAR(divided.losses[i], whole.losses[i], 1e-5 * whole.losses[i])
          << parts << " parts, step " << i;
    for (const auto& [name, tensor] : whole.tensors) {
      const double most = std::max(1e-3, tensor.abs().max().item<double>());
      EXPECT_LT((divided.tensors.at(name) - tensor).abs().max().item<double>(), 1e-5 * most)
          << parts << " parts: " << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Norms, Parts, testing::Values("none", "layer", "batch"),
                         [](const auto& info) { return info.param; });

TEST(MicroBatches, BothPassesDrawTheSame) {
  // With dropout a gradient fits its loss only where both passes drop the same: a step along it must lower
  // the loss by rate * |gradient|^2, draws unchanged.
  fuse::DmfModel model = block_model({.dropout = 0.3, .drop_path = 0.3});
  const Batch batch = test::TinyBatches({}, 40, 2).draw(0);
  const auto loss = [&](bool learns) {
    MicroBatches parts(model, batch, 3, torch::kFloat32, 11);
    const torch::Tensor value = parts.features().square().sum();
    if (learns) {
      value.backward();
      parts.backward(parts.features().grad());
    }
    return value.item<double>();
  };
  const double before = loss(true);
  EXPECT_DOUBLE_EQ(loss(false), before);
  double square = 0;
  constexpr double kRate = 1e-7;
  for (auto& [name, parameter] : model.parameters()) {
    if (!parameter.grad().defined()) continue;
    square += parameter.grad().square().sum().item<double>();
    const torch::NoGradGuard no_grad;
    torch::Tensor(parameter).sub_(parameter.grad(), kRate);
  }
  EXPECT_NEAR((before - loss(false)) / (kRate * square), 1, 0.05);
}

TEST(MicroBatches, TakeLessMemory) {
  // Many images on a small model, so that activations are most of the memory and weights (packed for the kernels,
  // too) little.
  Batch batch;
  std::vector<torch::Tensor> images, labels;
  for (int64_t step = 0; step < 12; ++step) {
    const Batch some = test::TinyBatches({}, 40, 0).draw(step);
    images.push_back(some.images);
    labels.push_back(some.labels);
  }
  batch.images = at::cat(images);
  batch.labels = at::cat(labels);
  TrainerOptions trainer;
  const auto peak = [&](int64_t parts, bool recompute) {
    fuse::DmfModel model = block_model({.depth = 6, .recompute = recompute}, 64);
    trainer.parts = parts;
    Trainer once(model, trainer);
    once.step(batch, 0.1, 0);
    const test::LiveBytes bytes;
    once.step(batch, 0.1, 1);
    return static_cast<double>(bytes.peak());
  };
  const double whole = peak(1, false), divided = peak(4, false), recomputed = peak(1, true);
  RecordProperty("peaks", fmt::format("{} {} {}", whole, divided, recomputed));
  EXPECT_LT(divided, 0.6 * whole);
  EXPECT_LT(recomputed, 0.6 * whole);
}

TEST(MicroBatches, RefuseAnEncoderThatReadsTheWholeBatch) {
  struct BatchNormEncoder : test::FixedNormEncoder {
    BatchNormEncoder() : FixedNormEncoder(TinyWorld::kChannels, {TinyWorld::kRows, TinyWorld::kColumns}) {
      options_.batch_norm = "batch";
    }
  };
  fuse::DmfModel model({.width = 16, .heads = 2}, std::make_shared<BatchNormEncoder>(), 0, 40, 1);
  TrainerOptions options;
  options.parts = 2;
  Trainer trainer(model, options);
  try {
    trainer.step(test::TinyBatches({}, 40, 0).draw(0), 0.1, 0);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("image.batch_norm"));
  }
}

TEST(Recompute, ChangesNoBit) {
  // In bfloat16 images and texts add their gradients of a weight in bfloat16, recomputed ones in float32: one
  // modality shows that nothing else differs.
  for (const auto& [precision, texts_each] : {std::pair(torch::kFloat32, 2), {torch::kBFloat16, 0}}) {
    TrainerOptions trainer = plain_sgd();
    trainer.precision = precision;
    fuse::ModelOptions options{.depth = 3, .dropout = 0.2, .drop_path = 0.2};
    const Trained kept = three_steps(options, trainer, texts_each);
    options.recompute = true;
    const Trained recomputed = three_steps(options, trainer, texts_each);
    EXPECT_EQ(recomputed.losses, kept.losses);
    for (const auto& [name, tensor] : kept.tensors)
      EXPECT_TRUE(at::equal(recomputed.tensors.at(name), tensor)) << name;
  }
}

TEST(Recompute, GivesGradientsOfALeafThatNeedsNone) {
  const torch::Tensor weight = at::randn({3, 3}).requires_grad_();
  const torch::Tensor input = at::randn({2, 3});
  int64_t runs = 0;
  const torch::Tensor y =
      fuse::recomputed([&](const torch::Tensor& x) { return ++runs, x.matmul(weight).relu(); }, input);
  y.sum().backward();
  EXPECT_EQ(runs, 2);
  const torch::Tensor expected = input.t().matmul((input.matmul(weight) > 0).to(torch::kFloat32));
  EXPECT_TRUE(at::allclose(weight.grad(), expected));
}

}  // namespace
}  // namespace dmf::train
