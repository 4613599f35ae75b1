// Model files of models whose image encoder is a vision transformer.
#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/fuse/model_file.h"
#include "dmf/translate/testing_vision.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::fuse {
namespace {

namespace golden = translate::golden;

class VisionModelFile : public ::testing::TestWithParam<std::string> {
 protected:
  DmfModel model(const std::string& encoder, const std::string& freeze) {
    golden::write_checkpoint(golden::vision_model(test::golden(), encoder), folder_ / encoder);
    translate::ImageEncoderOptions image = translate::image_encoder_options(folder_ / encoder);
    image.freeze = freeze;
    image.height = 64;
    image.width = 32;
    image.heads = 4;
    ModelOptions options;
    options.width = 32;
    options.heads = 4;
    return {options, translate::make_image_encoder(image), 0, 3, 1};
  }

  test::TemporaryFolder folder_;
};

// One file, without the checkpoint: whatever was frozen, the same embeddings come out.
TEST_P(VisionModelFile, IsEnoughToDeploy) {
  const torch::Tensor pixels = golden::image("image", 2, 64, 32);
  for (const std::string freeze : {"all", "block2", "embeddings", "none"}) {
    DmfModel made = model(GetParam(), freeze);
    made.set_average_style(golden::values("style", {8, made.image_encoder()->stored_sizes()[0], 6, 6}));
    {
      const torch::NoGradGuard no_gradients;  // as training would
      for (auto& [name, tensor] : made.parameters()) torch::Tensor(tensor).mul_(1.01);
    }
    const std::filesystem::path path = folder_ / "model.safetensors";
    save_model(path, made, nullptr, {});
    std::filesystem::remove_all(folder_ / GetParam());
    const LoadedModel loaded = load_model(path);
    EXPECT_TRUE(loaded.model.embed_images(pixels).equal(made.embed_images(pixels))) << freeze;
    EXPECT_EQ(loaded.model.image_encoder()->options().freeze, freeze);
    EXPECT_TRUE(loaded.model.image_encoder()->options().weights.empty());
    EXPECT_EQ(loaded.model.image_encoder()->fingerprint(), made.image_encoder()->fingerprint());
  }
}

INSTANTIATE_TEST_SUITE_P(Encoders, VisionModelFile,
                         ::testing::Values("data2vec-shared", "transreid", "dinov2-registers"),
                         [](const auto& encoder) {
                           std::string name = encoder.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace dmf::fuse
