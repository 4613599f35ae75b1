#include "dmf/translate/vision_encoder.h"

#include <gmock/gmock.h>

#include <iostream>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/translate/testing_vision.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/vision_names.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

constexpr double kFloat32Error = 1e-4;
constexpr double kBfloat16Error = 3e-2;  ///< 4e-3 … 1.5e-2 measured

/// The small models of vision.json, with the tokens that are no patches.
const std::map<std::string, int64_t> kModels = {{"data2vec-shared", 1},
                                                {"data2vec-per-block", 1},
                                                {"data2vec-absolute", 1},
                                                {"hf-vit", 1},
                                                {"vit", 1},
                                                {"transreid", 1},
                                                {"deit", 2},
                                                {"dinov2", 1},
                                                {"dinov2-registers", 4},
                                                {"dinov2-publisher", 1},
                                                {"dinov2-publisher-registers", 4}};

const weights::NamedTensors& golden_outputs() {
  static const weights::NamedTensors outputs =
      weights::read_tensors(test::golden() / "translate" / "vision.safetensors");
  return outputs;
}

torch::Tensor tokens_of(const ImageEncoder& encoder, const torch::Tensor& pixels) {
  const torch::NoGradGuard no_gradients;
  return encoder.trained(encoder.frozen(encoder.normalise(pixels)), false);
}

class Vision : public ::testing::Test {
 protected:
  /// Path of the model's checkpoint folder, written at the first call.
  std::string checkpoint(const std::string& model) {
    const std::filesystem::path folder = folder_.path() / model;
    if (!std::filesystem::exists(folder))
      golden::write_checkpoint(golden::vision_model(test::golden(), model), folder);
    return folder;
  }
  ImageEncoderOptions options(const std::string& model, const std::string& freeze = "all",
                              int64_t height = 256, int64_t width = 128) {
    ImageEncoderOptions found = image_encoder_options(checkpoint(model));
    found.freeze = freeze;
    found.height = height;
    found.width = width;
    found.heads = 4;
    return found;
  }

  test::TemporaryFolder folder_;
};

TEST_F(Vision, GivesThePublishedModelsTokens) {
  int compared = 0;
  for (const auto& [key, expected] : golden_outputs()) {
    const std::string model = key.substr(0, key.find('/')), size = key.substr(model.size() + 1);
    if (!kModels.contains(model)) continue;
    const int64_t height = std::stoll(size), width = std::stoll(size.substr(size.find('x') + 1));
    const auto encoder = make_image_encoder(options(model, "all", height, width));
    const torch::Tensor pixels = golden::image("image", 2, height, width);
    const torch::Tensor tokens = tokens_of(*encoder, pixels);
    EXPECT_EQ(tokens.sizes().vec(),
              (std::vector<int64_t>{2, encoder->token_count(), encoder->token_width()}));
    const double exact = test::relative_error(golden::sample(tokens), expected);
    EXPECT_LT(exact, kFloat32Error) << key;
    const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
    const torch::Tensor rough = tokens_of(*encoder, pixels);
    EXPECT_EQ(rough.scalar_type(), torch::kBFloat16);
    const double error = test::relative_error(golden::sample(rough), expected);
    std::cout << key << ": relative error of float32 " << exact << ", of bfloat16 " << error << "\n";
    EXPECT_LT(error, kBfloat16Error) << key;
    ++compared;
  }
  EXPECT_EQ(compared, 21);
}

// That the golden tokens would tell a wrong resampling or a missing bias from the right one.
TEST_F(Vision, GoldenTokensTellVariantsApart) {
  const auto error_of = [&](const std::string& model, const weights::NamedTensors& tensors) {
    const auto changed = make_image_encoder(options(model), &tensors);
    const torch::Tensor tokens = tokens_of(*changed, golden::image("image", 2, 256, 128));
    return test::relative_error(golden::sample(tokens), golden_outputs().at(model + "/256x128"));
  };
  const auto error_with = [&](const std::string& model, const char* key, const nlohmann::json& value) {
    weights::NamedTensors tensors = make_image_encoder(options(model))->tensors();
    nlohmann::json description = nlohmann::json::parse(text_of_tensor(tensors, "encoder.json", "test"));
    EXPECT_NE(description.at(key), value) << model;
    description[key] = value;
    tensors["encoder.json"] = tensor_of_text(description.dump());
    return error_of(model, tensors);
  };
  const auto error_without_bias = [&](const std::string& model) {
    weights::NamedTensors tensors = make_image_encoder(options(model))->tensors();
    for (auto& [name, tensor] : tensors) {
      if (name.ends_with("bias_table")) tensor = at::zeros_like(tensor);
    }
    return error_of(model, tensors);
  };
  constexpr double kSeen = 10 * kFloat32Error;
  EXPECT_GT(error_with("vit", "antialias", false), kSeen);
  EXPECT_GT(error_with("dinov2-registers", "antialias", false), kSeen);
  EXPECT_GT(error_with("dinov2", "antialias", true), kSeen);
  EXPECT_GT(error_with("dinov2-publisher", "position_offset", 0.0), kSeen);
  EXPECT_GT(error_without_bias("data2vec-shared"), kSeen);
  EXPECT_GT(error_without_bias("data2vec-per-block"), kSeen);
}

TEST_F(Vision, GivesTheBaseModelsTokens) {
  golden::VisionModel model = golden::vision_model(test::golden(), "data2vec-base");
  const VisionConfig config = vision_config_of_json(model.config, "config.json");
  const VisionEncoder encoder({.name = "data2vec-vision"}, config, std::move(model.tensors));
  const torch::Tensor pixels = golden::image("image", 2, 256, 128);
  const torch::Tensor& expected = golden_outputs().at("data2vec-base/256x128");
  const double exact = test::relative_error(golden::sample(tokens_of(encoder, pixels)), expected);
  EXPECT_LT(exact, kFloat32Error);
  const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
  const double error = test::relative_error(golden::sample(tokens_of(encoder, pixels)), expected);
  std::cout << "data2vec-base: relative error of float32 " << exact << ", of bfloat16 " << error << "\n";
  EXPECT_LT(error, kBfloat16Error);
}

TEST_F(Vision, FreezePointDoesNotChangeTheResult) {
  const torch::Tensor pixels = golden::image("other image", 2, 256, 128);
  for (const std::string model : {"data2vec-shared", "data2vec-per-block", "deit", "dinov2-registers"}) {
    const torch::Tensor expected = tokens_of(*make_image_encoder(options(model)), pixels);
    for (const std::string point : {"none", "embeddings", "block1", "block2", "block3"}) {
      const auto encoder = make_image_encoder(options(model, point));
      const torch::Tensor stored = encoder->frozen(encoder->normalise(pixels));
      EXPECT_FALSE(stored.requires_grad());
      EXPECT_EQ(stored.sizes().slice(1).vec(), encoder->stored_sizes()) << model << " " << point;
      const torch::Tensor tokens = encoder->trained(stored, true);
      EXPECT_LT(test::relative_error(tokens, expected), 1e-5) << model << " " << point;
      EXPECT_EQ(encoder->trained_names().empty(), !tokens.requires_grad()) << model << " " << point;
    }
  }
}

TEST_F(Vision, StoresTheOtherTokensBelowTheGrid) {
  const auto encoder = make_image_encoder(options("dinov2-registers", "block2"));
  EXPECT_EQ(encoder->grid(), (TokenGrid{18, 9})) << "whole patches of 14 pixels";
  EXPECT_EQ(encoder->stored_sizes(), (std::vector<int64_t>{32, 19, 9})) << "4 other tokens in a row of 9";
  EXPECT_EQ(encoder->extra_rows(), 1);
  const torch::Tensor stored = encoder->frozen(encoder->normalise(golden::image("image", 1, 256, 128)));
  const torch::Tensor row = stored[0].select(1, 18);  // [32, 9]
  EXPECT_GT(row.slice(1, 0, 4).abs().min().item<float>(), 0);
  EXPECT_EQ(row.slice(1, 4).abs().max().item<float>(), 0);

  // What changes the cells changes their tokens as if the blocks above had read them changed.
  const torch::Tensor flipped =
      change_cells(stored, encoder->extra_rows(), [](const torch::Tensor& cells) { return cells.flip({3}); });
  EXPECT_TRUE(flipped.select(2, 18).equal(stored.select(2, 18)));
  EXPECT_TRUE(flipped.narrow(2, 0, 18).equal(stored.narrow(2, 0, 18).flip({3})));
  const auto on_grid = [](const torch::Tensor& tokens) { return tokens.unflatten(1, {18, 9}); };
  const torch::NoGradGuard no_gradients;
  EXPECT_LT(test::relative_error(on_grid(encoder->trained(flipped, false)).flip({2}),
                                 on_grid(encoder->trained(stored, false))),
            1e-5)
      << "positions were added below, so that a block does not see the order";
}

TEST_F(Vision, AllTrainedTensorsGetGradients) {
  for (const auto& [model, apart] : kModels) {
    for (const std::string point : {"none", "embeddings", "block2", "block3"}) {
      const auto encoder = make_image_encoder(options(model, point, 64, 32));
      torch::Tensor tokens =
          encoder->trained(encoder->frozen(encoder->normalise(golden::image("image", 2, 64, 32))), true);
      if (!tokens.requires_grad()) {
        EXPECT_TRUE(model.starts_with("data2vec") && point == "block3") << "nothing is above: " << model;
        continue;
      }
      (tokens * golden::values("loss", tokens.sizes().vec())).sum().backward();
      const std::vector<std::string> names = encoder->trained_names();
      const std::set<std::string> trained(names.begin(), names.end());
      for (const auto& [name, tensor] : encoder->tensors()) {
        const bool has_gradient = tensor.grad().defined() && tensor.grad().abs().sum().item<double>() > 0;
        EXPECT_EQ(has_gradient, trained.contains(name)) << model << " " << point << " " << name;
      }
    }
  }
}

TEST_F(Vision, TheBiasTablesGradientIsRight) {
  for (const std::string model : {"data2vec-shared", "data2vec-per-block"}) {
    const auto encoder = make_image_encoder(options(model, "none", 64, 32));
    const torch::Tensor normalised = encoder->normalise(golden::image("image", 2, 64, 32));
    const auto loss = [&] {
      const torch::Tensor tokens = encoder->trained(normalised, true);
      return (tokens * golden::values("loss", tokens.sizes().vec())).to(torch::kFloat64).sum();
    };
    loss().backward();
    for (auto& [name, table] : encoder->tensors()) {
      if (!name.ends_with("bias_table")) continue;
      const torch::Tensor direction = golden::values("direction", table.sizes().vec());
      const double expected = (table.grad() * direction).sum().item<double>();
      const torch::NoGradGuard no_gradients;
      constexpr double kStep = 1e-2;
      torch::Tensor handle = table;
      handle.add_(direction, kStep);
      const double up = loss().item<double>();
      handle.sub_(direction, 2 * kStep);
      const double down = loss().item<double>();
      handle.add_(direction, kStep);
      EXPECT_NEAR((up - down) / (2 * kStep), expected, 0.01 * std::abs(expected) + 1e-3) << name;
      EXPECT_GT(std::abs(expected), 1e-2) << name;
    }
  }
}

TEST_F(Vision, AModelFileMakesTheSameEncoder) {
  const torch::Tensor pixels = golden::image("image", 1, 256, 128);
  for (const std::string model : {"data2vec-per-block", "deit", "dinov2-publisher"}) {
    ImageEncoderOptions wanted = options(model, "block2");
    const auto encoder = make_image_encoder(wanted);
    wanted.weights.clear();
    wanted.heads = 0;
    const auto again = make_image_encoder(wanted, &encoder->tensors());
    EXPECT_TRUE(tokens_of(*again, pixels).equal(tokens_of(*encoder, pixels))) << model;
    EXPECT_EQ(again->fingerprint(), encoder->fingerprint());
    wanted.name = "resnet50";
    EXPECT_THROW(make_image_encoder(wanted, &encoder->tensors()), DataError);
  }
}

TEST_F(Vision, FingerprintCoversWhatFrozenDependsOn) {
  const auto encoder = make_image_encoder(options("vit", "block1"));
  const std::string before = encoder->fingerprint();
  EXPECT_EQ(make_image_encoder(options("vit", "block1"))->fingerprint(), before);
  EXPECT_NE(make_image_encoder(options("vit", "block2"))->fingerprint(), before);
  EXPECT_NE(make_image_encoder(options("vit", "block1", 128, 64))->fingerprint(), before);
  ImageEncoderOptions other = options("vit", "block1");
  other.normalisation = "imagenet";
  EXPECT_NE(make_image_encoder(other)->fingerprint(), before);
  const torch::NoGradGuard no_gradients;
  encoder->tensors().at("blocks.1.attn.qkv.weight").add_(1);
  EXPECT_EQ(encoder->fingerprint(), before);
  encoder->tensors().at("blocks.0.attn.qkv.weight").add_(1);
  EXPECT_NE(encoder->fingerprint(), before);
}

}  // namespace
}  // namespace dmf::translate
