#include "dmf/embed/attention.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/embed/testing_encoders.h"

namespace dmf::embed {
namespace {

using testing::ElementsAre;

/// An image of 2 × 2 patches of 32 pixels, each of one grey (or red) level.
torch::Tensor patches_of(const std::vector<int>& red, const std::vector<int>& other) {
  const torch::Tensor pixels = torch::zeros({1, 3, 64, 64}, torch::kUInt8);
  for (int64_t i = 0; i < 4; ++i) {
    const torch::Tensor patch = pixels[0].narrow(1, i / 2 * 32, 32).narrow(2, i % 2 * 32, 32);
    patch.fill_(other[static_cast<size_t>(i)]);
    patch[0].fill_(red[static_cast<size_t>(i)]);
  }
  return pixels;
}

torch::Tensor greys(const std::vector<int>& level) { return patches_of(level, level); }

/// A model whose blocks do something, and whose tokens reach them as they are.
fuse::DmfModel seeing_model() {
  fuse::ModelOptions options;
  options.residual_init = 1;
  options.normalise_tokens = "none";
  options.style_blend = 0;
  return small_model(2, options);
}

TEST(Attention, TowardAddsUpToWhatTheImageHasOverItsMeanPatch) {
  fuse::DmfModel model = seeing_model();
  const Embedder embedder(model, {}, small_options());
  const AttentionMaps maps(embedder);
  const torch::Tensor pixels =
      at::cat({patches_of({255, 0, 10, 90}, {0, 40, 200, 30}), greys({0, 80, 255, 60})});
  const torch::NoGradGuard no_grad;
  const torch::Tensor stored = model.image_encoder()->frozen(model.image_encoder()->normalise(pixels));
  const torch::Tensor tokens = model.image_tokens(stored, false);
  const torch::Tensor own = model.embedding(model.forward_tokens(tokens, false));
  const torch::Tensor of_mean =
      model.embedding(model.forward_tokens(tokens.mean(1, true).expand_as(tokens), false));
  const torch::Tensor directions = own - of_mean;
  const torch::Tensor map = maps.toward(pixels, directions);
  EXPECT_THAT(map.sizes().vec(), ElementsAre(2, 2, 2));
  const torch::Tensor expected = ((own - of_mean) * directions).sum(1);
  EXPECT_GT(expected.min().item<double>(), 1e-2) << "nothing to explain";
  EXPECT_TRUE(at::allclose(map.sum({1, 2}), expected, 0.01, 1e-4)) << map.sum({1, 2}) << expected;
}

TEST(Attention, TowardPointsAtThePatchThatDiffers) {
  const Embedder embedder(seeing_model(), {}, small_options());
  const AttentionMaps maps(embedder);
  for (size_t place = 0; place < 4; ++place) {
    std::vector<int> red(4, 100);
    red[place] = 255;
    const torch::Tensor with = patches_of(red, {100, 100, 100, 100}), without = greys({100, 100, 100, 100});
    const torch::Tensor vectors = maps.embeddings(at::cat({with, without}));
    const torch::Tensor map = maps.toward(with, (vectors[0] - vectors[1]).unsqueeze(0));
    EXPECT_EQ(map.flatten().argmax().item<int64_t>(), static_cast<int64_t>(place));
  }
}

TEST(Attention, PairTellsTheSimilarityAndBothMaps) {
  const Embedder embedder(seeing_model(), {}, small_options());
  const AttentionMaps maps(embedder);
  const torch::Tensor a = greys({10, 200, 90, 40})[0], b = greys({250, 20, 90, 140})[0];
  const PairMaps one = maps.pair(a, b), other = maps.pair(b, a);
  const torch::Tensor vectors = maps.embeddings(at::stack({a, b}));
  EXPECT_NEAR(one.similarity, vectors[0].dot(vectors[1]).item<double>(), 1e-6);
  EXPECT_TRUE(at::allclose(one.query, other.gallery, 1e-4, 1e-6));
  EXPECT_TRUE(at::allclose(one.gallery, other.query, 1e-4, 1e-6));
  EXPECT_FALSE(at::allclose(one.query, one.gallery, 1e-2, 1e-4));
}

TEST(Attention, LeavesNoGradientInTheModel) {
  fuse::DmfModel model = seeing_model();
  const Embedder embedder(model, {}, small_options());
  AttentionMaps(embedder).pair(greys({10, 200, 90, 40})[0], greys({250, 20, 90, 140})[0]);
  for (const auto& [name, tensor] : model.parameters()) EXPECT_FALSE(tensor.grad().defined()) << name;
}

// Attention that is alike everywhere has shares 1/S, S = 5. With two blocks a patch gets
// 0.5/S (as of any position, whose shares add up to 1 again) + 0.5 · 0.5/S (through the class token) =
// 0.75/S.
TEST(Attention, RolloutOfEvenAttentionIsWorkedOutByHand) {
  fuse::DmfModel model = seeing_model();
  {
    const torch::NoGradGuard no_grad;
    for (const char* name : {"transformer.0.attn.qkv.weight", "transformer.1.attn.qkv.weight",
                             "transformer.0.attn.qkv.bias", "transformer.1.attn.qkv.bias"})
      model.tensors().at(name).zero_();
  }
  const Embedder embedder(model, {}, small_options());
  const torch::Tensor map = AttentionMaps(embedder).rollout(greys({10, 200, 90, 40}));
  EXPECT_TRUE(at::allclose(map, torch::full({1, 2, 2}, 0.15F), 1e-5, 1e-6)) << map;
}

// Blocks that change nothing, no position, and tokens along one direction: the map is each token's length,
// up to the encoder's weights for left (0.5) and right (2).
TEST(Attention, EigenCamOfTokensAlongOneDirectionIsTheirLength) {
  fuse::ModelOptions options;
  options.normalise_tokens = "none";
  options.style_blend = 0;
  options.position_init = 0;
  const Embedder embedder(small_model(2, options), {}, small_options());
  const torch::Tensor map = AttentionMaps(embedder).eigen_cam(greys({255, 255, 153, 204}));
  const torch::Tensor lengths = torch::tensor({{0.5F * 0.5F, 0.5F * 2}, {0.1F * 0.5F, 0.3F * 2}});
  EXPECT_TRUE(at::allclose(map[0] / map.max(), lengths / lengths.max(), 1e-3, 1e-4)) << map;
}

TEST(Attention, WordsAreKeyWordsAndWhatTheyChange) {
  const auto letters = std::make_shared<LetterEncoder>();
  const Embedder embedder(seeing_model(), {letters}, small_options());
  const AttentionMaps maps(embedder);
  const torch::Tensor pixels = greys({10, 200, 90, 40});
  const std::vector<WordMap> words = maps.words(pixels[0], "a woman in a red coat with a backpack");
  ASSERT_EQ(words.size(), 3);
  EXPECT_EQ(words[1].word, "red coat");
  EXPECT_THAT(letters->seen, ElementsAre("woman red coat backpack", "red coat backpack", "woman backpack",
                                         "woman red coat"));
  const torch::Tensor text = embedder.joined_pieces({"woman red coat backpack", "woman backpack"});
  const torch::Tensor image = maps.embeddings(pixels)[0];
  EXPECT_NEAR(words[1].gain, (text[0] - text[1]).dot(image).item<double>(), 1e-5);
  EXPECT_THAT(words[1].map.sizes().vec(), ElementsAre(2, 2));
  letters->seen.clear();
  EXPECT_EQ(maps.words(pixels[0], "backpack").size(), 1);
  EXPECT_THAT(letters->seen, ElementsAre("backpack", "person"));
}

TEST(Attention, RefusesImagesOfAnotherSize) {
  const Embedder embedder(seeing_model(), {}, small_options());
  EXPECT_THROW(AttentionMaps(embedder).eigen_cam(torch::zeros({1, 3, 32, 64}, torch::kUInt8)),
               InvalidArgument);
}

}  // namespace
}  // namespace dmf::embed
