// A model that trains part of its text encoder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/fuse/model.h"
#include "dmf/translate/text_store.h"
#include "support/closeness.h"
#include "support/tiny_encoder.h"
#include "support/tiny_text.h"

namespace dmf::fuse {
namespace {

const std::vector<std::string> kTexts = {"a red coat", "man", "a woman in a navy-blue shirt, jeans"};
constexpr const char* kFirstBlock = "text.encoder.encoder.layer.0.output.dense.weight";
constexpr const char* kSecondBlock = "text.encoder.encoder.layer.1.output.dense.weight";
constexpr const char* kEmbeddings = "text.encoder.embeddings.word_embeddings.weight";

DmfModel model_of(const std::shared_ptr<translate::TextEncoder>& text_encoder) {
  ModelOptions options;
  options.width = 16;
  options.heads = 4;
  options.residual_init = 1;
  options.max_text_length = 20;
  return {options, std::make_shared<test::TinyEncoder>(12, translate::TokenGrid{2, 2}), text_encoder, 5, 1};
}

TEST(TextBranch, FrozenEncodersTensorsAreNotTheModels) {
  const DmfModel model = model_of(test::tiny_text_encoder());
  EXPECT_TRUE(model.has_text());
  EXPECT_EQ(model.text_width(), 16);
  EXPECT_FALSE(model.tensors().contains(kSecondBlock));
  EXPECT_FALSE(model_of(nullptr).has_text());
}

TEST(TextBranch, TrainedTensorsAreParameters) {
  const weights::NamedTensors above = model_of(test::tiny_text_encoder({.freeze = "block1"})).parameters();
  EXPECT_TRUE(above.contains(kSecondBlock));
  EXPECT_FALSE(above.contains(kFirstBlock));
  const weights::NamedTensors all = model_of(test::tiny_text_encoder({.freeze = "none"})).parameters();
  EXPECT_TRUE(all.contains(kFirstBlock));
  EXPECT_TRUE(all.contains(kEmbeddings));
}

TEST(TextBranch, EveryFreezePointGivesTheSameFeatures) {
  const auto features = [](const char* freeze) {
    const auto encoder = test::tiny_text_encoder({.freeze = freeze});
    const translate::TextStore store(*encoder, kTexts);
    return model_of(encoder).forward_text(store.gather(kTexts), false).detach();
  };
  const torch::Tensor expected = features("all");
  for (const char* freeze : {"none", "embeddings", "block1", "block2"})
    EXPECT_LT(test::relative_error(features(freeze), expected), 1e-5) << freeze;
}

TEST(TextBranch, GradientsReachTheFirstTrainedBlockAndNoFrozenOne) {
  const auto encoder = test::tiny_text_encoder({.freeze = "block1"});
  const DmfModel model = model_of(encoder);
  model.forward_text(encoder->frozen(kTexts), true).square().sum().backward();
  const weights::NamedTensors parameters = model.parameters();
  for (const std::string& name : encoder->trained_names()) {
    const torch::Tensor gradient = parameters.at("text.encoder." + name).grad();
    ASSERT_TRUE(gradient.defined()) << name;
    if (name.ends_with("key.bias")) continue;  // it moves all of a query's scores alike: softmax sees none
    EXPECT_GT(gradient.abs().sum().item<float>(), 0) << name;
  }
  EXPECT_FALSE(encoder->tensors().at("encoder.layer.0.output.dense.weight").grad().defined());
}

TEST(TextBranch, MovingToTheSameDeviceKeepsWhatAnOptimiserHolds) {
  DmfModel model = model_of(test::tiny_text_encoder({.freeze = "block1"}));
  const weights::NamedTensors held = model.parameters();
  DmfModel copy = model;
  copy.to(torch::kCPU);
  for (const auto& [name, tensor] : model.parameters()) EXPECT_TRUE(tensor.is_same(held.at(name))) << name;
}

TEST(TextBranch, RefusesTokensOfAnotherFreezePoint) {
  const DmfModel model = model_of(test::tiny_text_encoder({.freeze = "block1"}));
  EXPECT_THROW(model.forward_text(test::tiny_text_encoder({.freeze = "none"})->frozen(kTexts), false),
               InvalidArgument);
}

}  // namespace
}  // namespace dmf::fuse
