#include "dmf/translate/stand_in.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/weights/tensor_file.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

// The base encoders have 86 and 124 million numbers: each is made once.
TEST(StandIn, VisionIsReadAsThePublishedOneWouldBe) {
  const test::TemporaryFolder folder;
  write_stand_in("data2vec-vision-base", folder / "vision", 1);
  const ImageEncoderOptions options = image_encoder_options((folder / "vision").string());
  EXPECT_EQ(options.name, "data2vec-vision");
  const auto encoder = make_image_encoder(options);
  EXPECT_EQ(encoder->token_width(), 768);
  EXPECT_EQ(encoder->token_count(), 16 * 8);
  const weights::NamedTensors& tensors = encoder->tensors();
  const torch::Tensor projection = tensors.at("embeddings.patch_embeddings.projection.weight");
  EXPECT_NEAR(projection.std().item<double>(), 0.02, 0.001);
  EXPECT_EQ(tensors.at("encoder.layer.3.layernorm_before.weight").min().item<double>(), 1);
  EXPECT_EQ(tensors.at("encoder.layer.11.lambda_1").max().item<float>(), 0.1F);
}

TEST(StandIn, TextReadsAnySentence) {
  const test::TemporaryFolder folder;
  write_stand_in("data2vec-text-base", folder / "text", 1);
  TextEncoderOptions options;
  options.name = "data2vec-text";
  options.folder = (folder / "text").string();
  const auto encoder = make_text_encoder(options);
  EXPECT_EQ(encoder->width(), 768);
  const TextTokens words = encoder->encode({"red coat"});
  EXPECT_EQ(words.mask.sum().item<int64_t>(), 8) << "a byte is a token";
  EXPECT_TRUE(words.tokens.isfinite().all().item<bool>());
}

TEST(StandIn, OtherNamesAreRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THAT([&] { write_stand_in("gpt", folder.path(), 1); },
              testing::ThrowsMessage<InvalidArgument>(testing::HasSubstr("data2vec-vision-base")));
}

}  // namespace
}  // namespace dmf::translate
