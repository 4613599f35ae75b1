// Which checkpoints are read, as what, and what is said of the others.
#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/translate/testing_vision.h"
#include "dmf/translate/vision_encoder.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
namespace fs = std::filesystem;

class VisionCheckpoint : public ::testing::Test {
 protected:
  std::string write(const golden::VisionModel& model, const std::string& name = "model") {
    golden::write_checkpoint(model, folder_ / name);
    return folder_ / name;
  }
  static golden::VisionModel model(const std::string& name) {
    return golden::vision_model(test::golden(), name);
  }
  /// Small images: only names and shapes matter here.
  static ImageEncoderOptions small(const std::string& path) {
    ImageEncoderOptions options = image_encoder_options(path);
    options.height = 64;
    options.width = 32;
    options.heads = 4;
    return options;
  }
  static torch::Tensor tokens(const ImageEncoderOptions& options) {
    const auto encoder = make_image_encoder(options);
    const torch::NoGradGuard no_gradients;
    const torch::Tensor pixels = golden::image("image", 1, options.height, options.width);
    return encoder->trained(encoder->frozen(encoder->normalise(pixels)), false);
  }

  test::TemporaryFolder folder_;
};

TEST_F(VisionCheckpoint, IsRecognisedByConfigOrTensors) {
  for (const auto& [name, expected] :
       std::map<std::string, std::string>{{"data2vec-shared", "data2vec-vision"},
                                          {"hf-vit", "vit"},
                                          {"vit", "vit"},
                                          {"transreid", "vit"},
                                          {"deit", "vit"},
                                          {"dinov2-registers", "dinov2"},
                                          {"dinov2-publisher", "dinov2"}}) {
    const std::string folder = write(model(name), name);
    EXPECT_EQ(image_encoder_options(folder).name, expected) << name;
    EXPECT_EQ(image_encoder_options(folder + "/model.safetensors").name, expected) << name;
    EXPECT_EQ(image_encoder_options(folder).weights, folder);
  }
}

TEST_F(VisionCheckpoint, MayBeCutIntoShards) {
  const golden::VisionModel whole = model("data2vec-shared");
  const std::string expected = write(whole, "whole"), folder = folder_ / "sharded";
  fs::create_directories(folder);
  write_text(fs::path(folder) / "config.json", whole.config.dump());
  weights::NamedTensors parts[2];
  nlohmann::json map;
  for (const auto& [name, tensor] : whole.tensors) {
    const size_t part = name.ends_with("bias") ? 1 : 0;
    parts[part][name] = tensor;
    map[name] = part == 0 ? "a.safetensors" : "b.safetensors";
  }
  weights::write_safetensors(fs::path(folder) / "a.safetensors", parts[0]);
  weights::write_safetensors(fs::path(folder) / "b.safetensors", parts[1]);
  write_text(fs::path(folder) / "model.safetensors.index.json", nlohmann::json{{"weight_map", map}}.dump());
  EXPECT_TRUE(tokens(small(folder)).equal(tokens(small(expected))));
}

TEST_F(VisionCheckpoint, LeavesOutWhatIsNoPartOfTheEncoder) {
  golden::VisionModel reid = model("transreid");
  const std::string expected = write(reid, "plain");
  for (const char* name : {"classifier.weight", "bottleneck.weight", "bottleneck_1.running_mean",
                           "base.sie_embed", "base.fc.weight", "b1.0.norm1.weight", "b2.1.bias"}) {
    reid.tensors[name] = torch::ones({2});
  }
  weights::NamedTensors parallel;  // saved from a data-parallel model
  for (const auto& [name, tensor] : reid.tensors) parallel["module." + name] = tensor;
  EXPECT_TRUE(tokens(small(write(reid, "reid"))).equal(tokens(small(expected))));
  EXPECT_TRUE(tokens(small(write({nullptr, parallel}, "parallel"))).equal(tokens(small(expected))));

  golden::VisionModel data2vec = model("data2vec-per-block");
  const std::string bare = write(data2vec, "bare");
  data2vec.tensors["pooler.layernorm.weight"] = torch::ones({32});
  data2vec.tensors["classifier.weight"] = torch::ones({5, 32});
  data2vec.tensors["encoder.layer.0.attention.attention.relative_position_bias.relative_position_index"] =
      torch::ones({17, 17}, torch::kInt64);
  EXPECT_TRUE(tokens(small(write(data2vec, "head"))).equal(tokens(small(bare))));
}

TEST_F(VisionCheckpoint, OfAnotherArchitectureIsCalledByItsName) {
  ImageEncoderOptions options = small(write(model("dinov2")));
  options.name = "data2vec-vision";
  EXPECT_THAT([&] { make_image_encoder(options); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("expected a checkpoint of data2vec-vision"),
                                             HasSubstr("a checkpoint of dinov2 (model_type dinov2)"),
                                             HasSubstr("set image.name = \"dinov2\""))));
  options.name = "resnet50";
  EXPECT_THAT([&] { make_image_encoder(options); },
              ThrowsMessage<DataError>(HasSubstr("set image.name = \"dinov2\"")));
  const std::string publisher = write(model("dinov2-publisher"), "publisher");
  EXPECT_THAT([&] { make_image_encoder({.name = "vit", .weights = publisher}); },
              ThrowsMessage<DataError>(HasSubstr("a checkpoint of dinov2 (timm's names)")));
  const std::string text = write({{{"model_type", "roberta"}}, {{"a", torch::ones({1})}}}, "text");
  EXPECT_THAT([&] { image_encoder_options(text); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("a text encoder (model_type roberta)"),
                                             HasSubstr("text_encoder.folder reads it"))));
  const std::string swin = write({{{"model_type", "swin"}}, {{"a", torch::ones({1})}}}, "swin");
  EXPECT_THAT([&] { image_encoder_options(swin); },
              ThrowsMessage<DataError>(HasSubstr("no image encoder here reads (model_type swin)")));
  const torch::Tensor one = torch::ones({1});
  const std::string whole = write({nullptr,
                                   {{"neck.weight", one},
                                    {"image.class_token", one},
                                    {"text.encoder.encoder.layer.0.attention.self.query.weight", one}}},
                                  "whole");
  EXPECT_THAT([&] { image_encoder_options(whole); },
              ThrowsMessage<DataError>(HasSubstr("a whole dmf model")));
  EXPECT_THAT([&] { image_encoder_options("nowhere"); },
              ThrowsMessage<DataError>(HasSubstr("neither an image encoder (efficientnet-lite0")));
}

TEST_F(VisionCheckpoint, SaysEachTensorThatDoesNotFit) {
  golden::VisionModel broken = model("data2vec-shared");
  broken.tensors.erase("encoder.layer.1.lambda_2");
  broken.tensors["encoder.layer.2.output.dense.weight"] = torch::ones({32, 63});
  broken.tensors["encoder.layer.3.lambda_1"] = torch::ones({32});
  const std::string folder = write(broken);
  EXPECT_THAT(
      [&] { make_image_encoder(small(folder)); },
      ThrowsMessage<DataError>(AllOf(HasSubstr(folder), HasSubstr("encoder.layer.1.lambda_2"),
                                     HasSubstr("encoder.layer.2.output.dense.weight: expected [32, 64], "
                                               "got [32, 63]"),
                                     HasSubstr("encoder.layer.3.lambda_1"))));
}

TEST_F(VisionCheckpoint, SaysWhatIsWrongWithItsConfig) {
  const auto expect_error = [&](const char* key, const nlohmann::json& value, const std::string& message) {
    golden::VisionModel changed = model("data2vec-shared");
    changed.config[key] = value;
    const std::string folder = write(changed, std::string("changed-") + key);
    EXPECT_THAT([&] { make_image_encoder(small(folder)); },
                ThrowsMessage<DataError>(AllOf(HasSubstr("config.json"), HasSubstr(message))));
  };
  expect_error("hidden_size", "wide", "`hidden_size`: expected a whole number from 1, got \"wide\"");
  expect_error("hidden_act", "relu", "`hidden_act`: expected \"gelu\", got \"relu\"");
  expect_error("num_attention_heads", 5, "hidden_size 32 is no multiple of 5 heads");
  expect_error("image_size", {64, 32}, "`image_size`: expected one number or two equal ones");
  expect_error("use_mean_pooling", 1, "`use_mean_pooling`: expected true or false, got 1");
  golden::VisionModel gated = model("dinov2");
  gated.config["use_swiglu_ffn"] = true;
  EXPECT_THAT([&] { make_image_encoder(small(write(gated, "gated"))); },
              ThrowsMessage<DataError>(HasSubstr("`use_swiglu_ffn`: expected false, got true")));
  golden::VisionModel bare = model("data2vec-shared");
  bare.config = nullptr;
  EXPECT_THAT([&] { make_image_encoder(small(write(bare, "bare"))); },
              ThrowsMessage<DataError>(HasSubstr("only a config.json beside them tells the rest")));
}

TEST_F(VisionCheckpoint, SaysWhichOptionsFit) {
  ImageEncoderOptions options = small(write(model("vit")));
  options.freeze = "block4";
  EXPECT_THAT([&] { make_image_encoder(options); },
              ThrowsMessage<InvalidArgument>(HasSubstr("embeddings, block1 … block3")));
  for (const char* freeze : {"block0", "block", "block1x", "stage5"}) {
    options.freeze = freeze;
    EXPECT_THROW(make_image_encoder(options), InvalidArgument) << freeze;
  }
  options.freeze = "";
  EXPECT_EQ(make_image_encoder(options)->options().freeze, "all");
  options.heads = 0;
  EXPECT_THAT([&] { make_image_encoder(options); },
              ThrowsMessage<InvalidArgument>(HasSubstr("set image.heads to a divisor of 32")));
  EXPECT_EQ(published_heads(768), 12);
  EXPECT_EQ(published_heads(192), 3);
  EXPECT_EQ(published_heads(1280), 16);
  EXPECT_THAT([] { make_image_encoder({.name = "dinov2"}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("set image.weights to its checkpoint")));
}

TEST_F(VisionCheckpoint, NormalisesAsTheFolderSays) {
  const torch::Tensor pixels = torch::full({1, 3, 64, 32}, 255, torch::kUInt8);
  const auto brightest = [&](const ImageEncoderOptions& options) {
    const torch::Tensor values = make_image_encoder(options)->normalise(pixels).amax({0, 2, 3});
    return std::vector<float>{values[0].item<float>(), values[1].item<float>(), values[2].item<float>()};
  };
  const std::vector<float> half{1, 1, 1}, imagenet{0.515F / 0.229F, 0.544F / 0.224F, 0.594F / 0.225F};
  using ::testing::FloatNear;
  using ::testing::Pointwise;
  ImageEncoderOptions options = small(write(model("vit")));
  EXPECT_THAT(brightest(options), Pointwise(FloatNear(1e-5F), half));
  options.normalisation = "imagenet";
  EXPECT_THAT(brightest(options), Pointwise(FloatNear(1e-5F), imagenet));
  EXPECT_THAT(brightest(small(write(model("deit"), "deit"))), Pointwise(FloatNear(1e-5F), imagenet));

  golden::VisionModel timm = model("vit");
  timm.config = {{"architecture", "vit_tiny"},
                 {"pretrained_cfg", {{"mean", {0, 0, 0}}, {"std", {0.5, 1, 2}}}}};
  EXPECT_THAT(brightest(small(write(timm, "timm"))),
              Pointwise(FloatNear(1e-5F), std::vector<float>{2, 1, 0.5}));

  const std::string folder = write(model("data2vec-shared"), "data2vec");
  EXPECT_THAT(brightest(small(folder)), Pointwise(FloatNear(1e-5F), half));
  const fs::path preprocessor = fs::path(folder) / "preprocessor_config.json";
  write_text(preprocessor, R"({"image_mean": [0, 0, 0], "image_std": [1, 0.5, 0.25]})");
  EXPECT_THAT(brightest(small(folder)), Pointwise(FloatNear(1e-5F), std::vector<float>{1, 2, 4}));
  write_text(preprocessor, R"({"image_mean": [0, 0], "image_std": [1, 0.5, 0.25]})");
  EXPECT_THAT([&] { make_image_encoder(small(folder)); },
              ThrowsMessage<DataError>(HasSubstr("`image_mean`: expected three numbers, got [0,0]")));
  write_text(preprocessor, R"({"do_rescale": false})");
  EXPECT_THAT([&] { make_image_encoder(small(folder)); },
              ThrowsMessage<DataError>(HasSubstr("pixels must be divided by 255")));
}

}  // namespace
}  // namespace dmf::translate
