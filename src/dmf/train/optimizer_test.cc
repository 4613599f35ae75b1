#include "dmf/train/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

/// One parameter of one number, with a gradient.
struct Number {
  torch::Tensor value;
  explicit Number(double start) : value(at::full({1, 1}, start, torch::kFloat32).requires_grad_()) {}
  void set_gradient(double g) { value.mutable_grad() = at::full({1, 1}, g, torch::kFloat32); }
  double get() const { return value.item<double>(); }
};

TEST(Sgd, WorkedByHand) {
  Number x(1.0);
  const auto sgd = make_optimizer({{"x", x.value}}, {.name = "sgd", .momentum = 0.5, .weight_decay = 0.1});
  x.set_gradient(2.0);
  sgd->step(0.1);  // v = 2.1
  EXPECT_NEAR(x.get(), 1.0 - 0.21, 1e-6);
  x.set_gradient(1.0);
  sgd->step(0.1);  // v = 1.05 + 1 + 0.079
  EXPECT_NEAR(x.get(), 0.79 - 0.2129, 1e-6);
}

TEST(AdamW, WorkedByHand) {
  Number x(1.0);
  const auto adamw =
      make_optimizer({{"x", x.value}}, {.name = "adamw", .momentum = 0.9, .weight_decay = 0.5});
  x.set_gradient(2.0);
  adamw->step(0.1);  // the first update is the sign of the gradient; decay is apart from it
  EXPECT_NEAR(x.get(), 1.0 * (1 - 0.05) - 0.1, 1e-6);
  x.set_gradient(-1.0);
  adamw->step(0.1);
  const double mean = (0.9 * 0.2 - 0.1) / (1 - 0.81), square = (0.999 * 0.004 + 0.001) / (1 - 0.999 * 0.999);
  EXPECT_NEAR(x.get(), 0.85 * (1 - 0.05) - 0.1 * mean / std::sqrt(square), 1e-5);
}

TEST(Optimizer, EncoderHasItsOwnRateAndVectorsAreNotDecayed) {
  Number encoder(1.0), matrix(1.0), position(1.0);
  torch::Tensor bias = at::ones({1}).requires_grad_();
  const auto sgd = make_optimizer({{"image.encoder.w", encoder.value},
                                   {"w", matrix.value},
                                   {"image.position", position.value},
                                   {"b", bias}},
                                  {.name = "sgd", .momentum = 0, .weight_decay = 1, .encoder_rate = 0.5});
  for (Number* number : {&encoder, &matrix, &position}) number->set_gradient(0.0);
  bias.mutable_grad() = at::zeros({1});
  sgd->step(0.1);
  EXPECT_NEAR(encoder.get(), 0.95, 1e-6);
  EXPECT_NEAR(matrix.get(), 0.9, 1e-6);
  EXPECT_EQ(position.get(), 1.0);
  EXPECT_EQ(bias.item<double>(), 1.0);
}

TEST(Optimizer, LearnsSlowerLayerByLayer) {
  weights::NamedTensors parameters;
  for (const char* name : {"image.encoder.patch_embed.proj.weight", "image.encoder.blocks.1.w",
                           "image.encoder.norm.w", "image.projection.weight", "transformer.0.attn.qkv.weight",
                           "transformer.1.mlp.fc1.weight", "transformer.norm.weight", "classifier.weight"}) {
    torch::Tensor value = at::ones({1, 1}).requires_grad_();
    value.mutable_grad() = at::ones({1, 1});
    parameters[name] = value;
  }
  make_optimizer(parameters, {.name = "sgd",
                              .momentum = 0,
                              .weight_decay = 0,
                              .encoder_rate = 0.5,
                              .layer_decay = 0.5,
                              .encoder_layer_decay = 0.1})
      ->step(0.1);
  const auto moved = [&](const char* name) { return (1 - parameters.at(name).item<double>()) / 0.1; };
  EXPECT_NEAR(moved("image.encoder.norm.w"), 0.5, 1e-5);
  EXPECT_NEAR(moved("image.encoder.blocks.1.w"), 0.5 * 0.1, 1e-5);
  EXPECT_NEAR(moved("image.encoder.patch_embed.proj.weight"), 0.5 * 0.001, 1e-5);
  EXPECT_NEAR(moved("transformer.norm.weight"), 1, 1e-5);
  EXPECT_NEAR(moved("transformer.1.mlp.fc1.weight"), 0.5, 1e-5);
  EXPECT_NEAR(moved("transformer.0.attn.qkv.weight"), 0.25, 1e-5);
  EXPECT_NEAR(moved("image.projection.weight"), 1, 1e-5) << "new: at full rate";
  EXPECT_NEAR(moved("classifier.weight"), 1, 1e-5);
}

TEST(Optimizer, TokensAndPositionTablesOfVisionTransformersAreNotDecayed) {
  weights::NamedTensors parameters;
  const std::vector<std::string> kept{"image.encoder.embeddings.cls_token",
                                      "image.encoder.embeddings.position_embeddings",
                                      "image.encoder.embeddings.register_tokens",
                                      "image.encoder.pos_embed",
                                      "image.encoder.dist_token",
                                      "image.encoder.encoder.layer.0.attention.attention.relative_position_"
                                      "bias.relative_position_bias_table"};
  const std::vector<std::string> decayed{"image.encoder.embeddings.patch_embeddings.projection.weight",
                                         "text.encoder.embeddings.position_embeddings.weight",
                                         "text.encoder.embeddings.word_embeddings.weight"};
  for (const auto* names : {&kept, &decayed}) {
    for (const std::string& name : *names) parameters[name] = at::ones({1, 2}).requires_grad_();
  }
  const auto sgd =
      make_optimizer(parameters, {.name = "sgd", .momentum = 0, .weight_decay = 1, .encoder_rate = 1});
  for (auto& [name, tensor] : parameters) tensor.mutable_grad() = at::zeros({1, 2});
  sgd->step(0.1);
  for (const std::string& name : kept) EXPECT_EQ(parameters.at(name)[0][0].item<double>(), 1.0) << name;
  for (const std::string& name : decayed)
    EXPECT_NEAR(parameters.at(name)[0][0].item<double>(), 0.9, 1e-6) << name;
}

TEST(Optimizer, LeavesAloneWhatHasNoGradient) {
  Number x(1.0), y(1.0);
  const auto adamw = make_optimizer({{"x", x.value}, {"y", y.value}}, {});
  x.set_gradient(1.0);
  adamw->step(0.1);
  EXPECT_NE(x.get(), 1.0);
  EXPECT_EQ(y.get(), 1.0);
  adamw->clear_gradients();
  EXPECT_FALSE(x.value.grad().defined());
}

TEST(Optimizer, TakesGradientsOfAnotherMemoryOrder) {
  const torch::Tensor value =
      at::randn({3, 4, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
  const torch::Tensor gradient = at::randn({3, 4, 5, 5});
  const torch::Tensor expected = value.detach() - 0.1 * gradient;
  const auto sgd = make_optimizer({{"x", value}}, {.name = "sgd", .momentum = 0, .weight_decay = 0});
  torch::Tensor handle = value;
  handle.mutable_grad() = gradient;
  sgd->step(0.1);
  EXPECT_TRUE(at::allclose(value, expected));
}

TEST(Optimizer, ClipsToTheLength) {
  Number x(1.0), y(1.0);
  const auto sgd = make_optimizer({{"x", x.value}, {"y", y.value}}, {.name = "sgd"});
  x.set_gradient(3.0);
  y.set_gradient(4.0);
  EXPECT_NEAR(sgd->clip_gradients(0), 5.0, 1e-6);
  EXPECT_NEAR(sgd->clip_gradients(1), 5.0, 1e-6);
  EXPECT_NEAR(x.value.grad().item<double>(), 0.6, 1e-6);
  EXPECT_NEAR(sgd->clip_gradients(10), 1.0, 1e-6);
}

TEST(Optimizer, GoesOnFromItsState) {
  for (const char* name : {"sgd", "adamw"}) {
    Number x(1.0), y(1.0);
    const auto first = make_optimizer({{"x", x.value}}, {.name = name});
    x.set_gradient(1.0);
    first->step(0.1);
    const auto second = make_optimizer({{"x", y.value}}, {.name = name});
    y.value.detach().copy_(x.value.detach());
    second->load_state(first->state());
    x.set_gradient(0.3);
    y.set_gradient(0.3);
    first->step(0.1);
    second->step(0.1);
    EXPECT_EQ(x.get(), y.get()) << name;
    EXPECT_THROW(second->load_state({}), InvalidArgument);
  }
}

TEST(Optimizer, RefusesAnUnknownName) { EXPECT_THROW(make_optimizer({}, {.name = "lion"}), InvalidArgument); }

TEST(MovingAverage, FollowsAndSwaps) {
  const torch::Tensor x = at::zeros({2});
  MovingAverage average({{"x", x}}, 0.5);
  x.fill_(1.0);
  average.update();  // d = min(0.5, 1/10)
  average.swap();
  EXPECT_NEAR(x[0].item<double>(), 0.9, 1e-6);
  average.swap();
  EXPECT_EQ(x[0].item<double>(), 1.0);
  average.update();  // d = 2/11
  average.swap();
  EXPECT_NEAR(x[0].item<double>(), 0.9 * 2 / 11 + 9.0 / 11, 1e-6);
}

}  // namespace
}  // namespace dmf::train
