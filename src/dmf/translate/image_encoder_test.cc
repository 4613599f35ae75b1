#include "dmf/translate/image_encoder.h"

#include <gmock/gmock.h>

#include <chrono>
#include <ctime>
#include <iostream>

#include "dmf/core/error.h"
#include "dmf/core/precision.h"
#include "dmf/translate/conv_encoder.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/weights/tensor_file.h"
#include "support/closeness.h"
#include "support/development_data.h"

namespace dmf::translate {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr double kFloat32Error = 1e-4;
constexpr double kBfloat16Error = 6e-2;         ///< pre-trained weights
constexpr double kBfloat16FormulaError = 0.15;  ///< random weights keep noise alive through all layers

/// A network of the golden files.
struct Net {
  std::string golden;  ///< its name there
  std::string name;
  bool stride_on_1x1 = false;
};
const Net kNets[] = {{"efficientnet-lite0", "efficientnet-lite0"},
                     {"efficientnet-lite2", "efficientnet-lite2"},
                     {"resnet50", "resnet50"},
                     {"resnet50-1x1", "resnet50", true}};

Architecture architecture_of(const Net& net) {
  if (net.name == "resnet50") return resnet50(net.stride_on_1x1);
  return efficientnet_lite(net.name.back() - '0', true);
}

weights::NamedTensors made_weights(const Net& net) {
  const Architecture architecture = architecture_of(net);
  std::vector<weights::ExpectedTensor> expected;
  for (const Stage& stage : architecture.stages) {
    for_each_layer(stage, [&](const ConvLayer& layer) { add_expected(layer, expected); });
  }
  weights::NamedTensors tensors = golden::weights_of(expected);
  tensors["encoder.json"] = tensor_of_text(ConvEncoder::description(architecture).dump());
  return tensors;
}

/// Tensors as a model file would give them; made once, copied at each call.
weights::NamedTensors formula_weights(const Net& net) {
  static std::map<std::string, weights::NamedTensors> made;
  if (!made.contains(net.golden)) made[net.golden] = made_weights(net);
  weights::NamedTensors tensors;
  for (const auto& [name, tensor] : made.at(net.golden)) tensors[name] = tensor.clone();
  return tensors;
}

/// The freeze point of the golden training steps.
std::string stride8_or_c4(const Net& net) { return net.name == "resnet50" ? "layer3" : "stage3"; }

std::shared_ptr<ImageEncoder> formula_encoder(const Net& net, const std::string& freeze,
                                              const std::string& level) {
  const weights::NamedTensors tensors = formula_weights(net);
  return make_image_encoder({.name = net.name,
                             .freeze = freeze,
                             .level = level,
                             .height = 96,
                             .width = 64,
                             .head = true,
                             .batch_norm = "batch"},
                            &tensors);
}

torch::Tensor tokens_of(const ImageEncoder& encoder, const torch::Tensor& pixels) {
  const torch::NoGradGuard no_gradients;
  return encoder.trained(encoder.frozen(encoder.normalise(pixels)), false);
}

const weights::NamedTensors& golden_file(const std::string& name) {
  static std::map<std::string, weights::NamedTensors> files;
  if (!files.contains(name)) files[name] = weights::read_tensors(test::golden() / "translate" / name);
  return files.at(name);
}

TEST(ImageEncoder, GivesTheTwinsTokensAtEachLevel) {
  const torch::Tensor pixels = golden::image("image", 2, 96, 64);
  for (const Net& net : kNets) {
    for (const std::string level : {"16", "32", "16+32"}) {
      const torch::Tensor& expected = golden_file("formula.safetensors").at(net.golden + "/" + level);
      const auto encoder = formula_encoder(net, stride8_or_c4(net), level);
      const torch::Tensor tokens = tokens_of(*encoder, pixels);
      EXPECT_EQ(tokens.sizes().vec(),
                (std::vector<int64_t>{2, encoder->token_count(), encoder->token_width()}));
      EXPECT_LT(test::relative_error(golden::sample(tokens), expected), kFloat32Error)
          << net.golden << " " << level;
    }
  }
}

TEST(ImageEncoder, FreezePointDoesNotChangeTheResult) {
  const torch::Tensor pixels = golden::image("other image", 1, 96, 64);
  for (const Net& net : {kNets[0], kNets[3]}) {
    for (const std::string level : {"16", "32", "16+32"}) {
      const torch::Tensor expected = tokens_of(*formula_encoder(net, "none", level), pixels);
      std::vector<std::string> points = {"all"};
      for (const Stage& stage : architecture_of(net).stages) {
        if (level == "16+32" || stage.stride == 16) points.push_back(stage.name);
      }
      for (const std::string& point : points) {
        const auto encoder = formula_encoder(net, point, level);
        const torch::Tensor stored = encoder->frozen(encoder->normalise(pixels));
        EXPECT_EQ(stored.sizes().slice(1).vec(), encoder->stored_sizes()) << net.golden << " " << point;
        const torch::Tensor tokens = encoder->trained(stored, false);
        EXPECT_LT(test::relative_error(tokens, expected), kFloat32Error)
            << net.golden << " " << level << " " << point;
        EXPECT_EQ(encoder->trained_names().empty(), !tokens.requires_grad()) << point;
      }
    }
  }
}

/// Compares tokens, gradients and running statistics with the twin's step, `tolerance` for the gradients.
void expect_twins_step(const Net& net, const torch::Tensor& tokens, const weights::NamedTensors& tensors,
                       double gradient_error, double other_error) {
  const std::string prefix = net.golden + "/trained/";
  int compared = 0;
  for (const auto& [key, expected] : golden_file("formula.safetensors")) {
    if (!key.starts_with(prefix)) continue;
    const std::string name = key.substr(prefix.size());
    const bool is_gradient = name.ends_with(".grad");
    const torch::Tensor value = is_gradient        ? tensors.at(name.substr(0, name.size() - 5)).grad()
                                : name == "tokens" ? tokens
                                                   : tensors.at(name);
    EXPECT_LT(test::relative_error(golden::sample(value), expected),
              is_gradient ? gradient_error : other_error)
        << key;
    ++compared;
  }
  EXPECT_GE(compared, 5);
}

void backward(const torch::Tensor& tokens) {
  (tokens * golden::values("loss", tokens.sizes().vec())).sum().backward();
}

/// To the last bit: rounding would flip values near a kink.
torch::Tensor normalised_as_the_twin(const torch::Tensor& pixels, const Architecture& net) {
  const auto row = [](const std::array<double, 3>& values) {
    return torch::tensor(at::ArrayRef<double>(values), torch::kFloat64).view({1, 3, 1, 1});
  };
  const torch::Tensor scaled = pixels.to(torch::kFloat32) / 255.0;
  return ((scaled - row(net.mean)) / row(net.deviation)).to(torch::kFloat32).to(torch::kFloat64);
}

// In float64 nothing hides behind rounding: layers, strides, borders and batch norm are the twin's.
TEST(ConvNetwork, TrainsAsTheTwinDoesInFloat64) {
  for (const Net& net : {kNets[0], kNets[3]}) {
    const auto encoder = formula_encoder(net, stride8_or_c4(net), "32");
    const Architecture architecture = architecture_of(net);
    weights::NamedTensors tensors;
    for (const auto& [name, tensor] : encoder->tensors()) {
      if (tensor.is_floating_point()) tensors[name] = tensor.detach().to(torch::kFloat64);
    }
    for (const std::string& name : encoder->trained_names()) tensors.at(name).requires_grad_(true);
    torch::Tensor map = normalised_as_the_twin(golden::image("image", 4, 96, 64), architecture);
    bool is_training = false;
    for (const Stage& stage : architecture.stages) {
      const LayerFunction layer = [&](const ConvLayer& each, const torch::Tensor& input) {
        return trained_layer(each, input, tensors, architecture, is_training);
      };
      map = run_stage(stage, map, layer);
      if (stage.name == encoder->options().freeze) is_training = true;
    }
    const torch::Tensor tokens = map.flatten(2).transpose(1, 2);
    backward(tokens);
    expect_twins_step(net, tokens, tensors, 1e-5, 1e-5);
  }
}

// A value near a kink of ReLU may fall on either side by rounding, which moves gradients of these small maps
// (24 cells a channel) by per cents: the bound is wide, the one above is not.
TEST(ImageEncoder, TrainsAsTheTwinDoes) {
  for (const Net& net : kNets) {
    const auto encoder = formula_encoder(net, stride8_or_c4(net), "32");
    const torch::Tensor pixels = golden::image("image", 4, 96, 64);
    const torch::Tensor tokens = encoder->trained(encoder->frozen(encoder->normalise(pixels)), true);
    backward(tokens);
    expect_twins_step(net, tokens, encoder->tensors(), 0.1, kFloat32Error);
  }
}

TEST(ImageEncoder, Bfloat16StaysNear) {
  const torch::Tensor pixels = golden::synthetic_image(96, 64);
  for (const Net& net : kNets) {
    const auto encoder = formula_encoder(net, stride8_or_c4(net), "16+32");
    const torch::Tensor expected = tokens_of(*encoder, pixels);
    const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
    const torch::Tensor tokens = tokens_of(*encoder, pixels);
    EXPECT_EQ(tokens.scalar_type(), torch::kBFloat16);
    const double error = test::relative_error(tokens.to(torch::kFloat32), expected);
    std::cout << net.golden << ": relative error of bfloat16 " << error << "\n";
    EXPECT_LT(error, kBfloat16FormulaError) << net.golden;
  }
}

TEST(ImageEncoder, GivesTheTwinsTokensOfTheRealWeights) {
  if (test::packages().empty()) GTEST_SKIP() << "no .deps/site";
  const torch::Tensor pixels = golden::synthetic_image(256, 128);
  for (const std::string name : {"efficientnet-lite0", "efficientnet-lite2"}) {
    const auto encoder = make_image_encoder({.name = name, .level = "16+32", .head = true});
    const torch::Tensor& expected = golden_file("real.safetensors").at(name + "/16+32");
    EXPECT_LT(test::relative_error(golden::sample(tokens_of(*encoder, pixels)), expected), kFloat32Error)
        << name;
    const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
    const double error = test::relative_error(golden::sample(tokens_of(*encoder, pixels)), expected);
    std::cout << name << ": relative error of bfloat16 " << error << "\n";
    EXPECT_LT(error, kBfloat16Error) << name;
  }
}

TEST(ImageEncoder, FollowsTheMetadataOfAResNetFile) {
  DMF_NEEDS_DEVELOPMENT_DATA();
  const std::string file = test::development_data() / "weights" / "resnet50_imagenet1k_v1.safetensors";
  const ImageEncoderOptions found = image_encoder_options(file);
  EXPECT_EQ(found.name, "resnet50");
  const auto encoder = make_image_encoder({.name = "resnet50", .weights = file, .level = "16+32"});
  const torch::Tensor pixels = golden::synthetic_image(256, 128);
  const torch::Tensor& expected = golden_file("real.safetensors").at("resnet50/16+32");
  EXPECT_LT(test::relative_error(golden::sample(tokens_of(*encoder, pixels)), expected), kFloat32Error);
  const auto again = make_image_encoder({.name = "resnet50", .level = "16+32"}, &encoder->tensors());
  EXPECT_TRUE(tokens_of(*again, pixels).equal(tokens_of(*encoder, pixels)))
      << "what the metadata says travels along";
}

TEST(ImageEncoder, SizesOfTheUsualChoices) {
  const weights::NamedTensors lite = formula_weights(kNets[0]), resnet = formula_weights(kNets[2]);
  const auto lite0 = make_image_encoder({}, &lite);
  EXPECT_EQ(lite0->options().freeze, "stage5");
  EXPECT_EQ(lite0->stored_sizes(), (std::vector<int64_t>{112, 16, 8}));
  EXPECT_EQ(lite0->grid().rows, 8);
  EXPECT_EQ(lite0->grid().columns, 4);
  EXPECT_EQ(lite0->token_width(), 4 * 112 + 320);
  EXPECT_EQ(make_image_encoder({.freeze = "stage3"}, &lite)->stored_sizes(),
            (std::vector<int64_t>{40, 32, 16}));
  EXPECT_EQ(make_image_encoder({.head = true}, &lite)->token_width(), 4 * 112 + 1280);
  EXPECT_EQ(make_image_encoder({.freeze = "all", .head = true}, &lite)->stored_sizes(),
            (std::vector<int64_t>{4 * 112 + 1280, 8, 4}));
  EXPECT_EQ(make_image_encoder({.level = "16"}, &lite)->token_count(), 128);
  EXPECT_EQ(make_image_encoder({.level = "32"}, &lite)->token_width(), 320);
  const auto r50 = make_image_encoder({.name = "resnet50"}, &resnet);
  EXPECT_EQ(r50->stored_sizes(), (std::vector<int64_t>{1024, 16, 8}));
  EXPECT_EQ(r50->token_width(), 4 * 1024 + 2048);
  EXPECT_THAT(r50->trained_names(), ::testing::Contains("layer4.0.downsample.1.bias"));
  EXPECT_THAT(r50->trained_names(), ::testing::Not(::testing::Contains("layer3.5.conv3.weight")));
  EXPECT_TRUE(make_image_encoder({.freeze = "all"}, &lite)->trained_names().empty());
  EXPECT_EQ(make_image_encoder({.freeze = "none"}, &lite)->stored_sizes(),
            (std::vector<int64_t>{3, 256, 128}));
}

TEST(ImageEncoder, FingerprintCoversWhatFrozenDependsOn) {
  const auto encoder = formula_encoder(kNets[0], "stage3", "32");
  const std::string before = encoder->fingerprint();
  EXPECT_EQ(before, formula_encoder(kNets[0], "stage3", "16+32")->fingerprint())
      << "the same maps are stored";
  EXPECT_NE(before, formula_encoder(kNets[0], "stage4", "32")->fingerprint());
  EXPECT_NE(formula_encoder(kNets[2], "all", "32")->fingerprint(),
            formula_encoder(kNets[3], "all", "32")->fingerprint());
  const torch::NoGradGuard no_gradients;
  encoder->tensors().at("_conv_head.weight").add_(1);
  EXPECT_EQ(encoder->fingerprint(), before);
  encoder->tensors().at("_bn0.running_mean").add_(1);
  EXPECT_NE(encoder->fingerprint(), before);
}

TEST(ImageEncoder, FoldsAgainWhenFrozenTensorsChange) {
  const auto encoder = formula_encoder(kNets[0], "stem", "32");
  const torch::Tensor input = encoder->normalise(golden::image("image", 1, 96, 64));
  const torch::Tensor before = encoder->frozen(input);
  EXPECT_TRUE(encoder->frozen(input).equal(before));
  encoder->tensors().at("_bn0.bias").add_(1);
  EXPECT_FALSE(encoder->frozen(input).equal(before));
}

TEST(ImageEncoder, BatchesDoNotChangeAnImagesMap) {
  const auto encoder = formula_encoder(kNets[0], "stage3", "32");
  const torch::Tensor input = encoder->normalise(golden::image("many", 35, 96, 64));
  const torch::Tensor all = encoder->frozen(input);
  EXPECT_LT(test::relative_error(all.slice(0, 33, 34), encoder->frozen(input.slice(0, 33, 34))), 1e-5);
}

TEST(ImageEncoder, RunningStatisticsStayWithoutTraining) {
  const auto encoder = formula_encoder(kNets[0], "stage5", "32");
  const torch::Tensor stored = encoder->frozen(encoder->normalise(golden::image("image", 4, 96, 64)));
  const torch::Tensor before = encoder->tensors().at("_bn1.running_mean").clone();
  encoder->trained(stored, false).sum().backward();
  EXPECT_TRUE(encoder->tensors().at("_bn1.running_mean").equal(before));
  EXPECT_TRUE(encoder->tensors().at("_bn1.weight").grad().defined());
  encoder->trained(stored, true);
  EXPECT_FALSE(encoder->tensors().at("_bn1.running_mean").equal(before));
}

TEST(ImageEncoder, RunningStatisticsCanBeUsedInTrainingToo) {
  const weights::NamedTensors lite = formula_weights(kNets[0]);
  const auto encoder = make_image_encoder(
      {.freeze = "stage5", .level = "32", .height = 96, .width = 64, .head = true, .batch_norm = "running"},
      &lite);
  const torch::Tensor stored = encoder->frozen(encoder->normalise(golden::image("image", 4, 96, 64)));
  const torch::Tensor before = encoder->tensors().at("_bn1.running_mean").clone();
  EXPECT_TRUE(encoder->trained(stored, true).equal(encoder->trained(stored, false)));
  EXPECT_TRUE(encoder->tensors().at("_bn1.running_mean").equal(before));
}

TEST(ImageEncoder, SaysWhatIsWrong) {
  const weights::NamedTensors lite = formula_weights(kNets[0]);
  const auto make = [&](const ImageEncoderOptions& options) {
    return [=] { make_image_encoder(options, &lite); };
  };
  EXPECT_THAT(make({.freeze = "stage9"}),
              ThrowsMessage<InvalidArgument>(HasSubstr("expected all, none, stem, stage1, stage2")));
  EXPECT_THAT(make({.height = 250}),
              ThrowsMessage<InvalidArgument>(HasSubstr("multiples of 32, got 250 x 128")));
  EXPECT_THAT(make({.level = "8"}), ThrowsMessage<InvalidArgument>(HasSubstr("16+32")));
  EXPECT_THAT(make({.name = "resnet51"}), ThrowsMessage<InvalidArgument>(HasSubstr("efficientnet-lite0, ")));
  EXPECT_THAT(make({.name = "resnet50"}),
              ThrowsMessage<DataError>(HasSubstr("the weights are of efficientnet-lite0")));
  EXPECT_THAT([] { make_image_encoder({.name = "resnet50"}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("set image.weights")));
  EXPECT_THAT([] { image_encoder_options("no such thing"); },
              ThrowsMessage<DataError>(HasSubstr("no such thing")));
  weights::NamedTensors incomplete = lite;
  incomplete.erase("_bn0.bias");
  EXPECT_THAT([&] { make_image_encoder({}, &incomplete); }, ThrowsMessage<DataError>(HasSubstr("_bn0.bias")));
  const auto encoder = make_image_encoder({}, &lite);
  EXPECT_THAT(
      [&] {
        encoder->normalise(torch::zeros({1, 3, 64, 64}, torch::kUInt8));
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("pixels")));
  EXPECT_THAT(
      [&] {
        encoder->trained(torch::zeros({1, 3, 64, 64}), false);
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("stored")));
}

/// Images a second of `work` on `count` images, and by CPU second (which other programs on the machine
/// disturb less); printed, never asserted.
template <class Work>
void print_rate(const std::string& what, int64_t count, const Work& work) {
  work();
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t cpu_start = std::clock();
  work();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu_seconds = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
  const auto images = static_cast<double>(count);
  std::cout << what << ": " << images / seconds << " images/s, " << images / cpu_seconds << " a CPU second\n";
}

TEST(ImageEncoder, Throughput) {
  constexpr int64_t kCount = 16;
  for (const Net& net : {kNets[0], kNets[3]}) {
    const weights::NamedTensors tensors = formula_weights(net);
    const auto encoder = make_image_encoder({.name = net.name}, &tensors);
    const torch::Tensor input = encoder->normalise(golden::image("image", kCount, 256, 128));
    const PrecisionScope scope(torch::kBFloat16, torch::kCPU);
    torch::Tensor stored;
    print_rate(net.name + " frozen, bfloat16", kCount, [&] { stored = encoder->frozen(input); });
    print_rate(net.name + " trained forward + backward, bfloat16", kCount,
               [&] { encoder->trained(stored, true).sum().backward(); });
  }
}

}  // namespace
}  // namespace dmf::translate
