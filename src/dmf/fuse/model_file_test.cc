#include "dmf/fuse/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/weights/tensor_file.h"
#include "support/development_data.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"
#include "support/tiny_text.h"

namespace dmf::fuse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kHeight = 64, kWidth = 32;

/// A small model on the default encoders, somewhat trained: its BNNeck has seen features.
struct Fixture {
  std::shared_ptr<translate::TextEncoder> text_encoder = translate::make_text_encoder({});
  DmfModel model;

  Fixture() : model(make_model(text_encoder)) { model.neck(at::randn({16, 32}), true); }

  static DmfModel make_model(const TextBranch& text) {
    translate::ImageEncoderOptions image;
    image.height = kHeight;
    image.width = kWidth;
    ModelOptions options;
    options.width = 32;
    options.residual_init = 1;
    return {options, translate::make_image_encoder(image), text, 7, 1};
  }
};

/// Changes a tensor or an entry of a model file.
void change(const std::filesystem::path& path, const std::function<void(weights::Safetensors&)>& edit) {
  weights::Safetensors file = weights::read_safetensors(path);
  edit(file);
  weights::write_safetensors(path, file.tensors, file.metadata);
}

TEST(ModelFile, ComesBackAsItWas) {
  if (test::packages().empty()) GTEST_SKIP() << "no encoder packages";
  const test::TemporaryFolder folder;
  Fixture saved;
  save_model(folder / "model.safetensors", saved.model, saved.text_encoder,
             {.configuration = {{"batch", {{"samples", 4}}}}, .training = {{"dataset", "a"}}});
  const LoadedModel loaded = load_model(folder / "model.safetensors");
  EXPECT_EQ(loaded.model.identities(), 7);
  EXPECT_EQ(loaded.model.options().width, 32);
  EXPECT_EQ(loaded.model.image_encoder()->options().height, kHeight);
  EXPECT_EQ(loaded.description.configuration["batch"]["samples"], 4);
  EXPECT_EQ(loaded.description.training["dataset"], "a");
  const torch::Tensor pixels = at::randint(256, {2, 3, kHeight, kWidth}, torch::kUInt8);
  EXPECT_TRUE(at::allclose(loaded.model.embed_images(pixels), saved.model.embed_images(pixels), 1e-5, 1e-6));
  ASSERT_NE(loaded.text_encoder, nullptr);
  const std::vector<std::string> texts{"a man with a blue backpack", "woman"};
  EXPECT_TRUE(at::allclose(loaded.model.embed_texts(loaded.text_encoder->frozen(texts)),
                           saved.model.embed_texts(saved.text_encoder->frozen(texts)), 1e-5, 1e-6));
}

TEST(ModelFile, DoesWithoutATextEncoder) {
  if (test::packages().empty()) GTEST_SKIP() << "no encoder packages";
  const test::TemporaryFolder folder;
  const DmfModel model = Fixture::make_model(0);
  save_model(folder / "model.safetensors", model, nullptr, {});
  const LoadedModel loaded = load_model(folder / "model.safetensors");
  EXPECT_EQ(loaded.text_encoder, nullptr);
  EXPECT_FALSE(loaded.model.has_text());
}

TEST(ModelFile, KeepsATextEncoderWhereverItIsCut) {
  if (test::packages().empty()) GTEST_SKIP() << "no encoder packages";
  const std::vector<std::string> texts{"a man with a blue backpack", "woman"};
  std::vector<size_t> tensor_counts;
  for (const char* freeze : {"all", "block1", "none"}) {
    const test::TemporaryFolder folder;
    const auto text_encoder = test::tiny_text_encoder({.freeze = freeze});
    const DmfModel model = Fixture::make_model(text_encoder);
    for (const auto& [name, tensor] : model.parameters()) {
      if (name.starts_with("text.encoder.")) tensor.detach().add_(0.1);  // trained
    }
    save_model(folder / "model.safetensors", model, text_encoder, {});
    const LoadedModel loaded = load_model(folder / "model.safetensors");
    EXPECT_EQ(loaded.text_encoder->options().freeze, freeze);
    EXPECT_TRUE(at::allclose(loaded.model.embed_texts(loaded.text_encoder->frozen(texts)),
                             model.embed_texts(text_encoder->frozen(texts)), 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(loaded.text_encoder->encode(texts).tokens, text_encoder->encode(texts).tokens,
                             1e-5, 1e-6));
    tensor_counts.push_back(weights::read_tensors(folder / "model.safetensors").size());
  }
  EXPECT_THAT(tensor_counts, testing::Each(tensor_counts[0])) << "the same file either way";
}

TEST(ModelFile, RefusesWhatItCannotTrust) {
  if (test::packages().empty()) GTEST_SKIP() << "no encoder packages";
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "model.safetensors";
  Fixture saved;
  const auto save = [&] { save_model(path, saved.model, saved.text_encoder, {}); };

  save();
  change(path, [](auto& file) { file.tensors["image.projection.weight"].normal_(); });
  EXPECT_THAT(
      test::message_of<DataError>([&] { load_model(path); }),
      AllOf(HasSubstr(path.string()), HasSubstr("does not reproduce its canary"), HasSubstr("0.999")));

  save();
  change(path, [](auto& file) {
    file.tensors.erase("image.class_token");
    file.tensors["neck.weight"] = at::zeros({3});
  });
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path); }),
              AllOf(HasSubstr(path.string()), HasSubstr("image.class_token"), HasSubstr("neck.weight")));

  save();
  change(path, [](auto& file) { file.metadata["format_version"] = "99"; });
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path); }), HasSubstr("written by a newer dmf"));

  save();
  change(path, [](auto& file) { file.metadata.erase("options"); });
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path); }), HasSubstr("`options` is missing"));

  weights::write_safetensors(path, {{"a", at::zeros({1})}});
  EXPECT_THAT(test::message_of<DataError>([&] { load_model(path); }), HasSubstr("not a model file"));
}

}  // namespace
}  // namespace dmf::fuse
