// Exported files in ONNX Runtime, against the models they are of.
#include "dmf/cli/export_gate.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/onnx/image_path.h"
#include "dmf/onnx/text_path.h"
#include "dmf/translate/stand_in.h"
#include "dmf/translate/testing_vision.h"
#include "dmf/translate/transformer_text_encoder.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"
#include "support/tiny_text.h"

namespace dmf::cli {
namespace {

namespace golden = translate::golden;
using testing::HasSubstr;

constexpr int64_t kHeight = 64, kWidth = 32, kImages = 33;

class ExportGate : public ::testing::Test {
 protected:
  fuse::DmfModel model_of(std::shared_ptr<translate::ImageEncoder> encoder, fuse::TextBranch text = 0,
                          fuse::ModelOptions options = {}) {
    options.width = 32;
    options.heads = 4;
    const std::vector<int64_t> sizes = encoder->stored_sizes();
    fuse::DmfModel model(options, std::move(encoder), std::move(text), /*identities=*/3, /*seed=*/1);
    if (options.style_blend > 0)
      model.set_average_style(golden::values("style", {8, sizes[0], sizes[1], sizes[2]}));
    // As if trained: nothing is still at a value that would hide what is left out.
    const torch::NoGradGuard no_gradients;
    for (auto& [name, tensor] : model.tensors()) {
      if (tensor.is_floating_point() && !name.starts_with(fuse::kImageEncoderPrefix) &&
          !name.starts_with(fuse::kTextEncoderPrefix) && !name.starts_with("image.style"))
        torch::Tensor(tensor).add_(golden::values(name, tensor.sizes().vec()).abs() * 0.1);
    }
    return model;
  }
  std::shared_ptr<translate::ImageEncoder> vision(const std::string& name, const std::string& freeze) {
    golden::write_checkpoint(golden::vision_model(test::golden(), name), folder_ / name);
    translate::ImageEncoderOptions options = translate::image_encoder_options(folder_ / name);
    options.freeze = freeze;
    options.height = kHeight;
    options.width = kWidth;
    options.heads = 4;
    return translate::make_image_encoder(options);
  }
  std::shared_ptr<translate::ImageEncoder> convolutional(const std::string& freeze,
                                                         const std::string& level) {
    translate::ImageEncoderOptions options;
    options.freeze = freeze;
    options.level = level;
    options.height = kHeight;
    options.width = kWidth;
    return translate::make_image_encoder(options);
  }
  GateSamples samples(const fuse::DmfModel& model, onnx::ImageInput input = onnx::ImageInput::kPixels) {
    const torch::Tensor pixels = golden::image("image", kImages, kHeight, kWidth);
    GateSamples samples;
    if (input == onnx::ImageInput::kPixels) {
      samples.inputs["pixels"] = pixels;
    } else {
      samples.inputs["normalised"] = model.image_encoder()->normalise(pixels).contiguous();
    }
    samples.wanted = model.embed_images(pixels);
    return samples;
  }
  /// The report of a file that must pass.
  GateReport passed(const std::string& bytes, const std::string& path, const GateSamples& samples) {
    write_text(folder_ / "file.onnx", bytes);
    GateReport report = run_gate(folder_ / "file.onnx", path, samples, "");
    EXPECT_GE(report.results.size(), 3U);
    EXPECT_NO_THROW(check_gate(report, {}));
    return report;
  }
  void expect_image_path(const fuse::DmfModel& model, onnx::ImageInput input = onnx::ImageInput::kPixels) {
    passed(onnx::image_path_file(model, input, {}, {}), "image", samples(model, input));
  }

  test::TemporaryFolder folder_;
};

TEST_F(ExportGate, PassesConvolutionalEncodersCutAnywhere) {
  for (const char* freeze : {"all", "stage5", "stage3", "none"}) {
    SCOPED_TRACE(freeze);
    expect_image_path(model_of(convolutional(freeze, "16+32")));
  }
  expect_image_path(model_of(convolutional("stage2", "16")));
}

TEST_F(ExportGate, PassesVisionTransformersOfEveryKind) {
  for (const char* name : {"data2vec-shared", "data2vec-per-block", "data2vec-absolute", "hf-vit",
                           "transreid", "deit", "dinov2", "dinov2-registers"}) {
    SCOPED_TRACE(name);
    expect_image_path(model_of(vision(name, "all")));
  }
}

TEST_F(ExportGate, PassesVisionTransformersCutAnywhere) {
  for (const char* freeze : {"none", "embeddings", "block1", "block3"}) {
    SCOPED_TRACE(freeze);
    expect_image_path(model_of(vision("dinov2-registers", freeze)));
    expect_image_path(model_of(vision("data2vec-shared", freeze)));
  }
}

TEST_F(ExportGate, PassesEveryFormOfTheModel) {
  fuse::ModelOptions options;
  options.depth = 1;
  options.class_token = "learned";
  options.normalise_tokens = "layer";
  options.style_blend = 0;
  options.final_norm = "layer";
  options.feature = "before";
  expect_image_path(model_of(vision("hf-vit", "all"), 0, options));
  options.normalise_tokens = "none";
  expect_image_path(model_of(vision("hf-vit", "all"), 0, options));
}

TEST_F(ExportGate, PassesFilesThatBeginBehindThePreprocessing) {
  expect_image_path(model_of(convolutional("stage5", "16+32")), onnx::ImageInput::kNormalised);
}

TEST_F(ExportGate, PassesTextPaths) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < kImages; ++i) {
    std::string text = "a woman";
    for (int64_t word = 0; word < i % 9; ++word) text += word % 2 == 0 ? " red coat" : " with a backpack";
    texts.push_back(text);
  }
  for (const char* freeze : {"all", "block1", "none"}) {
    for (const bool special : {false, true}) {
      SCOPED_TRACE(fmt::format("{} {}", freeze, special));
      translate::TextEncoderOptions encoder_options;
      encoder_options.freeze = freeze;
      encoder_options.special_tokens = special;
      const auto encoder = test::tiny_text_encoder(encoder_options);
      fuse::ModelOptions options;
      options.max_text_length = 12;  // the longest are cut
      const fuse::DmfModel model = model_of(vision("hf-vit", "all"), encoder, options);
      const translate::TextTokens ids =
          dynamic_cast<const translate::TransformerTextEncoder&>(*encoder).ids_of(texts);
      passed(onnx::text_path_file(model, *encoder, {}), "text",
             {{{"ids", ids.tokens}, {"mask", ids.mask.to(torch::kInt64)}},
              model.embed_texts(encoder->frozen(texts)),
              {},
              {}});
    }
  }
}

TEST_F(ExportGate, Int8ReadsWhatWasObservedAndStaysNear) {
  const fuse::DmfModel model = model_of(convolutional("stage5", "16+32"));
  write_text(folder_ / "observed.onnx", onnx::image_path_file(model, onnx::ImageInput::kPixels,
                                                              {onnx::Products::Kind::kObserved, {}}, {}));
  const GateSamples images = samples(model);
  const std::vector<onnx::ValueRange> ranges = observed_ranges(folder_ / "observed.onnx", images, "");
  ASSERT_GT(ranges.size(), 50U);
  for (const onnx::ValueRange& range : ranges) EXPECT_LE(range.low, range.high);
  const std::string bytes =
      onnx::image_path_file(model, onnx::ImageInput::kPixels, {onnx::Products::Kind::kInt8, ranges}, {});
  EXPECT_LT(bytes.size(), onnx::image_path_file(model, onnx::ImageInput::kPixels, {}, {}).size() / 2);
  write_text(folder_ / "int8.onnx", bytes);
  const GateReport report = run_gate(folder_ / "int8.onnx", "image", images, "");
  for (const GateResult& result : report.results) {
    EXPECT_GT(result.lowest_cosine, 0.9) << result.runtime;
    EXPECT_LT(result.lowest_cosine, 0.99999) << result.runtime;  // it is not float32
  }
  EXPECT_NO_THROW(check_gate(report, kInt8Limits));
  const std::vector<onnx::ValueRange> few(ranges.begin(), ranges.begin() + 3);
  EXPECT_THROW(
      onnx::image_path_file(model, onnx::ImageInput::kPixels, {onnx::Products::Kind::kInt8, few}, {}),
      InvalidArgument);
}

TEST_F(ExportGate, RefusesAFileOfAnotherModel) {
  const fuse::DmfModel model = model_of(vision("hf-vit", "all")), other = model_of(vision("deit", "all"));
  write_text(folder_ / "file.onnx", onnx::image_path_file(other, onnx::ImageInput::kPixels, {}, {}));
  const GateReport report = run_gate(folder_ / "file.onnx", "image", samples(model), "");
  EXPECT_THAT(test::message_of<Error>([&] { check_gate(report, {}); }),
              HasSubstr("expected a cosine of at least"));
}

TEST(GateLimits, HoldForTheMapToo) {
  const GateReport report{80.0, {{"image", "runtime", 1, 0.99995, 79.8}}};
  EXPECT_THAT(test::message_of<Error>([&] { check_gate(report, {}); }),
              HasSubstr("expected mAP 80.00 less at most 0.1"));
  EXPECT_NO_THROW(check_gate(report, kInt8Limits));
  EXPECT_NO_THROW(check_gate({80.0, {{"image", "runtime", 1, 0.9, 81.0}}}, kInt8Limits));
}

}  // namespace
}  // namespace dmf::cli
