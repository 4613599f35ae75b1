#include "dmf/fuse/initial_checkpoint.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/fuse/initialise.h"
#include "dmf/fuse/transformer.h"
#include "dmf/translate/testing_vision.h"
#include "dmf/translate/vision_transformer.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::fuse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;
namespace golden = translate::golden;

class InitialCheckpoint : public ::testing::Test {
 protected:
  /// Options that fit the small models: 3 blocks, 32 wide, 4 heads, MLP 64.
  ModelOptions fitting(const std::string& model) {
    golden::write_checkpoint(golden::vision_model(test::golden(), model), folder_ / model);
    ModelOptions options;
    options.width = 32;
    options.heads = 4;
    options.mlp_ratio = 2;
    options.depth = 3;
    options.final_norm = "layer";
    options.initial = folder_ / model;
    return options;
  }

  test::TemporaryFolder folder_;
};

// The shared transformer computes what the published ViT computes, to which the encoder's tests hold.
TEST_F(InitialCheckpoint, MakesTheSharedTransformerTheViT) {
  for (const std::string model : {"vit", "transreid", "deit"}) {
    const ModelOptions options = fitting(model);
    const weights::NamedTensors ours = initial_tensors(options, {8, 4, 8, 0, 2}, 1);
    weights::NamedTensors theirs;
    for (const auto& [name, tensor] : golden::vision_model(test::golden(), model).tensors)
      theirs[name.starts_with("base.") ? name.substr(5) : name] = tensor;
    const translate::VisionConfig config =
        translate::vision_config_of_tensors(theirs, options.heads, {256, 128}, model);
    const translate::VisionTransformer vit(config, {2, 2});
    const torch::Tensor sequence = golden::values("sequence", {2, config.tokens_apart() + 4, 32});
    torch::Tensor x = sequence;
    for (int64_t i = 0; i < options.depth; ++i) {
      const weights::Scope block(ours, fmt::format("transformer.{}.", i));
      x = transformer_block(block, x, {}, options, x.size(1), 0, false);
    }
    x = layer_norm(x, weights::Scope(ours, "transformer."), "norm");
    EXPECT_LT(test::relative_error(x.slice(1, config.tokens_apart()),
                                   vit.finish(theirs, vit.run_blocks(theirs, sequence, 0, 3))),
              1e-5)
        << model;
  }
}

TEST_F(InitialCheckpoint, TakesAsManyBlocksAsTheModelHas) {
  ModelOptions options = fitting("vit");
  options.depth = 1;
  options.final_norm = "none";
  const weights::NamedTensors tensors = pretrained_transformer(options);
  EXPECT_EQ(tensors.size(), 12U);
  EXPECT_TRUE(
      tensors.at("transformer.0.mlp.fc2.weight").equal(golden::weight("blocks.0.mlp.fc2.weight", {32, 64})));
  ModelOptions random = options;
  random.initial.clear();
  const ModelSizes sizes{8, 4, 8, 0, 2};
  const weights::NamedTensors with = initial_tensors(options, sizes, 1),
                              without = initial_tensors(random, sizes, 1);
  for (const auto& [name, tensor] : without)
    EXPECT_EQ(tensor.equal(with.at(name)), !name.starts_with("transformer.")) << name;
}

TEST_F(InitialCheckpoint, SaysAllThatMustBeSet) {
  ModelOptions options = fitting("vit");
  options.width = 48;
  options.mlp_ratio = 4;
  options.depth = 5;
  EXPECT_THAT([&] { pretrained_transformer(options); },
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("model.width = 32 (is 48)"), HasSubstr("model.mlp_ratio = 2 (is 4)"),
                        HasSubstr("model.depth = 3 or less (is 5)"), Not(HasSubstr("model.heads")))))
      << "a ViT of this width is not published, so that its heads are not known";
}

TEST_F(InitialCheckpoint, RefusesOtherModels) {
  EXPECT_THAT([&] { pretrained_transformer(fitting("dinov2-publisher")); },
              ThrowsMessage<DataError>(HasSubstr("a checkpoint of dinov2")));
  ModelOptions options = fitting("vit");
  golden::VisionModel broken = golden::vision_model(test::golden(), "vit");
  broken.tensors.erase("blocks.1.attn.proj.bias");
  golden::write_checkpoint(broken, folder_ / "broken");
  options.initial = folder_ / "broken";
  EXPECT_THAT([&] { pretrained_transformer(options); },
              ThrowsMessage<DataError>(HasSubstr("blocks.1.attn.proj.bias")));
  options.initial = folder_ / "nowhere";
  EXPECT_THAT([&] { pretrained_transformer(options); },
              ThrowsMessage<DataError>(HasSubstr("no such file or folder")));
}

}  // namespace
}  // namespace dmf::fuse
