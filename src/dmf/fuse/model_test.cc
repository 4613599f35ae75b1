#include "dmf/fuse/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/fuse/observe.h"
#include "dmf/fuse/transformer.h"
#include "support/closeness.h"
#include "support/message_of.h"
#include "support/tiny_encoder.h"

namespace dmf::fuse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kChannels = 12, kRows = 4, kColumns = 2, kTextWidth = 10, kIdentities = 5;

ModelOptions small_options() {
  ModelOptions options;
  options.width = 16;
  options.depth = 2;
  options.heads = 4;
  options.residual_init = 1;
  options.final_norm = "layer";
  options.normalise_tokens = "none";
  options.style_blend = 0;
  options.max_text_length = 8;
  return options;
}

DmfModel small_model(const ModelOptions& options = small_options(), uint64_t seed = 1) {
  return {options, std::make_shared<test::TinyEncoder>(kChannels, translate::TokenGrid{kRows, kColumns}),
          kTextWidth, kIdentities, seed};
}

torch::Tensor random_maps(int64_t count) { return at::randn({count, kChannels, kRows, kColumns}); }

translate::TextTokens random_texts(int64_t count, int64_t length) {
  return {at::randn({count, length, kTextWidth}), at::ones({count, length}, torch::kBool)};
}

TEST(DmfModel, NamesItsTensors) {
  const DmfModel model = small_model();
  const weights::NamedTensors tensors = model.tensors();
  const weights::NamedTensors parameters = model.parameters();
  for (const char* name :
       {"image.encoder.conv.weight", "image.projection.weight", "image.class_token", "image.position",
        "text.projection.bias", "text.class_token", "text.position", "transformer.0.norm1.weight",
        "transformer.1.attn.qkv.weight", "transformer.1.mlp.fc2.bias", "transformer.norm.weight",
        "neck.weight", "classifier.weight"}) {
    EXPECT_TRUE(tensors.contains(name)) << name;
    EXPECT_TRUE(parameters.contains(name)) << name;
  }
  for (const char* name :
       {"neck.bias", "neck.running_mean", "neck.running_var", "image.encoder.norm.running_var"}) {
    EXPECT_TRUE(tensors.contains(name)) << name;
    EXPECT_FALSE(parameters.contains(name)) << name;
  }
  EXPECT_EQ(tensors.at("image.position").sizes(), (at::IntArrayRef{1 + kRows * kColumns, 16}));
  EXPECT_EQ(tensors.at("text.position").sizes(), (at::IntArrayRef{1 + 8, 16}));
}

TEST(DmfModel, StartsAsTheMeanOfTheProjectedTokens) {
  ModelOptions options = small_options();
  options.class_token = "pooled";
  options.residual_init = 0;
  options.final_norm = "none";
  options.position_init = 0;
  const DmfModel model = small_model(options);
  const torch::Tensor maps = random_maps(3);
  const weights::NamedTensors tensors = model.tensors();
  const torch::Tensor tokens = model.image_encoder()->trained(maps, false);
  const torch::Tensor expected =
      at::linear(tokens.mean(1), tensors.at("image.projection.weight"), tensors.at("image.projection.bias")) +
      tensors.at("image.class_token");
  EXPECT_LT(test::relative_error(model.forward_image(maps, false), expected), 1e-5);
}

TEST(DmfModel, OrthogonalProjectionKeepsAngles) {
  ModelOptions options = small_options();
  options.width = 64;  // wider than the tokens: nothing is lost
  const torch::Tensor weight = small_model(options).tensors().at("image.projection.weight");  // [64, 12]
  EXPECT_LT((weight.t().matmul(weight) - at::eye(kChannels)).abs().max().item<double>(), 1e-5);
}

TEST(DmfModel, StyleBlendMakesOneStyleOfAll) {
  ModelOptions options = small_options();
  options.style_blend = 1;
  DmfModel model = small_model(options);
  EXPECT_TRUE(model.needs_average_style());
  const torch::Tensor maps = random_maps(6);
  model.set_average_style(maps);
  EXPECT_FALSE(model.needs_average_style());
  // Another light: each channel stretched and shifted.
  const torch::Tensor other = maps * (0.5 + at::rand({6, kChannels, 1, 1})) + at::randn({6, kChannels, 1, 1});
  EXPECT_LT(test::relative_error(model.forward_image(other, false), model.forward_image(maps, false)), 1e-3);
  EXPECT_EQ(model.parameters().count("image.style.mean"), 0);
}

TEST(DmfModel, BatchNormOfTheTokensCountsEveryToken) {
  ModelOptions options = small_options();
  options.normalise_tokens = "batch";
  const DmfModel model = small_model(options);
  const torch::Tensor maps = random_maps(6);
  model.forward_image(maps, false);
  EXPECT_EQ(model.tensors().at("image.token_norm.running_mean").abs().sum().item<double>(), 0);
  model.forward_image(maps, true);
  EXPECT_GT(model.tensors().at("image.token_norm.running_mean").abs().sum().item<double>(), 0);
  EXPECT_FALSE(model.tensors().contains("text.token_norm.weight"));
  EXPECT_EQ(model.parameters().count("image.token_norm.running_var"), 0);
}

TEST(DmfModel, ALearnedClassTokenIsNotPooled) {
  ModelOptions options = small_options();
  options.class_token = "learned";
  options.residual_init = 0;  // the class token then sees nothing of the image
  const DmfModel model = small_model(options);
  const torch::Tensor features = model.forward_image(random_maps(2), false);
  EXPECT_LT((features[0] - features[1]).abs().max().item<double>(), 1e-6);
}

TEST(DmfModel, PaddingOfATextChangesNothing) {
  for (const char* class_token : {"learned", "pooled"}) {
    ModelOptions options = small_options();
    options.class_token = class_token;
    const DmfModel model = small_model(options);
    const translate::TextTokens texts = random_texts(3, 4);
    const translate::TextTokens padded{at::cat({texts.tokens, at::randn({3, 3, kTextWidth})}, 1),
                                       at::cat({texts.mask, at::zeros({3, 3}, torch::kBool)}, 1)};
    EXPECT_LT(test::relative_error(model.forward_text(padded, false), model.forward_text(texts, false)),
              1e-5);
  }
}

TEST(DmfModel, ReadsATextWithoutWordsAndCutsALongOne) {
  const DmfModel model = small_model();
  translate::TextTokens none = random_texts(2, 3);
  none.mask.zero_();
  EXPECT_TRUE(model.forward_text(none, false).isfinite().all().item<bool>());
  const translate::TextTokens texts = random_texts(2, 11);
  const translate::TextTokens cut{texts.tokens.narrow(1, 0, 8), texts.mask.narrow(1, 0, 8)};
  EXPECT_LT(test::relative_error(model.forward_text(texts, false), model.forward_text(cut, false)), 1e-6);
}

TEST(DmfModel, SamplesDoNotSeeEachOther) {
  const DmfModel model = small_model();
  const torch::Tensor maps = random_maps(4);
  EXPECT_LT(test::relative_error(model.forward_image(maps.narrow(0, 1, 2), false),
                                 model.forward_image(maps, false).narrow(0, 1, 2)),
            1e-5);
}

TEST(DmfModel, TheSameSeedGivesTheSameModel) {
  const torch::Tensor maps = random_maps(2);
  const torch::Tensor features = small_model().forward_image(maps, false);
  EXPECT_TRUE(at::equal(small_model().forward_image(maps, false), features));
  EXPECT_GT(test::relative_error(small_model(small_options(), 2).forward_image(maps, false), features), 0.1);
}

TEST(DmfModel, DropsOnlyInTraining) {
  ModelOptions options = small_options();
  options.drop_path = 0.5;
  const DmfModel model = small_model(options);
  const translate::TextTokens texts = random_texts(8, 4);
  EXPECT_TRUE(at::equal(model.forward_text(texts, false), model.forward_text(texts, false)));
  EXPECT_FALSE(at::equal(model.forward_text(texts, true), model.forward_text(texts, true)));
}

TEST(DmfModel, RunsInBfloat16) {
  const DmfModel model = small_model();
  const torch::Tensor maps = random_maps(8);
  const translate::TextTokens texts = random_texts(8, 5);
  const torch::Tensor images = model.forward_image(maps, false), words = model.forward_text(texts, false);
  const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
  const torch::Tensor images16 = model.forward_image(maps.to(torch::kBFloat16), false);
  EXPECT_EQ(images16.scalar_type(), torch::kFloat32);
  EXPECT_LT(test::relative_error(images16, images), 4e-2);
  EXPECT_LT(test::relative_error(model.forward_text(texts, false), words), 4e-2);
}

TEST(DmfModel, NeckNormalisesTheBatchAndRemembers) {
  const DmfModel model = small_model();
  const torch::Tensor features = 3 + 2 * at::randn({64, 16});
  const torch::Tensor normalised = model.neck(features, true);
  EXPECT_LT(normalised.mean(0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((normalised.var(0, false) - 1).abs().max().item<double>(), 1e-3);
  const torch::Tensor mean = model.tensors().at("neck.running_mean");
  EXPECT_LT((mean - 0.1 * features.mean(0)).abs().max().item<double>(), 1e-5);
  EXPECT_FALSE(at::allclose(model.neck(features, false), normalised));
}

TEST(DmfModel, EmbeddingsHaveUnitLength) {
  for (const char* feature : {"before", "after"}) {
    ModelOptions options = small_options();
    options.feature = feature;
    const DmfModel model = small_model(options);
    const torch::Tensor pixels = at::randint(256, {3, kChannels, kRows, kColumns}, torch::kUInt8);
    const torch::Tensor lengths = model.embed_images(pixels).norm(2, 1);
    EXPECT_LT((lengths - 1).abs().max().item<double>(), 1e-6);
  }
}

TEST(DmfModel, ResetHeadChangesTheHeadAlone) {
  DmfModel model = small_model();
  const torch::Tensor maps = random_maps(2);
  const torch::Tensor before = model.forward_image(maps, false);
  model.neck(at::randn({8, 16}), true);
  model.reset_head(9, 3);
  EXPECT_TRUE(at::equal(model.forward_image(maps, false), before));
  EXPECT_EQ(model.classify(at::zeros({2, 16})).size(1), 9);
  EXPECT_EQ(model.tensors().at("neck.running_mean").abs().sum().item<double>(), 0);
}

TEST(DmfModel, AssignNamesEveryTensorThatDoesNotFit) {
  DmfModel model = small_model();
  weights::NamedTensors values = small_model(small_options(), 7).tensors();
  model.assign(values);
  EXPECT_TRUE(at::equal(model.tensors().at("image.position"), values.at("image.position")));
  values.erase("image.class_token");
  values["neck.weight"] = at::zeros({3});
  values["stray"] = at::zeros({1});
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { model.assign(values); }),
              AllOf(HasSubstr("3 tensors"), HasSubstr("`image.class_token` is missing"),
                    HasSubstr("`neck.weight`: expected [16], got [3]"), HasSubstr("`stray` is unknown")));
}

TEST(DmfModel, RefusesWhatDoesNotFit) {
  ModelOptions options = small_options();
  options.width = 18;
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { small_model(options); }),
              HasSubstr("width: expected a multiple of heads = 4, got 18"));
  const DmfModel model = small_model();
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                model.forward_image(at::zeros({2, 5, 4, 2}), false);
              }),
              HasSubstr("expected [any, 12, 4, 2], got [2, 5, 4, 2]"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] {
                model.neck(at::zeros({1, 16}), true);
              }),
              HasSubstr("at least 2 samples, got 1"));
  const DmfModel images_only(small_options(), model.image_encoder(), 0, 3, 1);
  EXPECT_FALSE(images_only.tensors().contains("text.projection.weight"));
  EXPECT_THAT(test::message_of<InvalidArgument>([&] { images_only.forward_text(random_texts(1, 2), false); }),
              HasSubstr("no text branch"));
}

/// A block's output, and the gradients of its input and its tensors.
std::vector<torch::Tensor> block_results(const ModelOptions& options, const torch::Tensor& mask,
                                         int64_t outputs) {
  const weights::NamedTensors tensors = small_model(options).tensors();
  const torch::Tensor x = at::arange(4 * 7 * 32).sin().view({4, 7, 32}).requires_grad_();
  at::manual_seed(5);
  const torch::Tensor y = transformer_block(weights::Scope(tensors, "transformer.1."), x, mask, options,
                                            outputs, options.drop_path, true);
  y.square().sum().backward();
  std::vector<torch::Tensor> results{y.detach(), x.grad()};
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with("transformer.1.")) results.push_back(tensor.grad());
  }
  return results;
}

TEST(TransformerBlock, KernelsAgreeWithOperators) {
  ModelOptions options = small_options();
  options.width = 32;
  options.heads = 2;  // 16 numbers a head: what the kernels take
  options.drop_path = 0.4;
  torch::Tensor mask = at::arange(4 * 7).remainder(3).view({4, 1, 1, 7}) != 2;
  mask.select(3, 0).fill_(true);
  for (const torch::Tensor& allowed : {torch::Tensor(), mask}) {
    for (const int64_t outputs : {1, 7}) {
      const std::vector<torch::Tensor> fast = block_results(options, allowed, outputs);
      // What an observer is shown are libtorch's operators.
      const ObserverScope observer([](const std::string&, const torch::Tensor&) {});
      const std::vector<torch::Tensor> plain = block_results(options, allowed, outputs);
      ASSERT_EQ(fast.size(), 14U);
      for (size_t i = 0; i < fast.size(); ++i) EXPECT_LT(test::relative_error(fast[i], plain[i]), 1e-5) << i;
    }
  }
}

TEST(TransformerBlock, TheFirstOutputsDoNotNeedTheOthers) {
  const DmfModel model = small_model();
  const weights::NamedTensors tensors = model.tensors();
  const weights::Scope block(tensors, "transformer.0.");
  const torch::Tensor x = at::randn({3, 7, 16});
  const torch::Tensor mask = at::rand({3, 1, 1, 7}) < 0.7;
  mask.select(3, 0).fill_(true);
  const torch::Tensor all = transformer_block(block, x, mask, small_options(), 7, 0, false);
  const torch::Tensor first = transformer_block(block, x, mask, small_options(), 1, 0, false);
  EXPECT_LT(test::relative_error(first, all.narrow(1, 0, 1)), 1e-5);
}

}  // namespace
}  // namespace dmf::fuse
