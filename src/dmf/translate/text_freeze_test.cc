// Text encoders cut at a freeze point: what is below is stored, what is above is trained.
#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/translate/text_store.h"
#include "support/closeness.h"
#include "support/tiny_text.h"

namespace dmf::translate {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::vector<std::string> kSentences = {"a red coat", "man", "", "a woman, a man in a navy-blue coat"};

std::shared_ptr<TextEncoder> encoder_frozen_at(const std::string& freeze, bool special_tokens = false) {
  return test::tiny_text_encoder({.freeze = freeze, .special_tokens = special_tokens});
}

class FreezePoint : public testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(FreezePoint, DoesNotChangeTheResult) {
  const auto [freeze, special_tokens] = GetParam();
  const auto whole = encoder_frozen_at("all", special_tokens),
             cut = encoder_frozen_at(freeze, special_tokens);
  const TextTokens expected = whole->encode(kSentences);
  const TextTokens direct = cut->encode(kSentences);
  EXPECT_TRUE(direct.mask.equal(expected.mask));
  EXPECT_LT(test::relative_error(direct.tokens, expected.tokens), 1e-5);
  const TextStore store(*cut, kSentences);
  const TextTokens stored = cut->trained(store.gather(kSentences));
  EXPECT_TRUE(stored.mask.equal(expected.mask));
  EXPECT_LT(test::relative_error(stored.tokens.detach(), expected.tokens), 1e-5);
  EXPECT_EQ(whole->fingerprint(), cut->fingerprint()) << "the same encoder, cut elsewhere";
}

INSTANTIATE_TEST_SUITE_P(Points, FreezePoint,
                         testing::Combine(testing::Values("all", "none", "embeddings", "block1", "block2"),
                                          testing::Bool()));

TEST(FreezePoint, TellsWhatIsAboveIt) {
  EXPECT_THAT(encoder_frozen_at("all")->trained_names(), IsEmpty());
  EXPECT_THAT(encoder_frozen_at("block2")->trained_names(), IsEmpty()) << "the last block of two";
  const auto last = encoder_frozen_at("block1")->trained_names();
  EXPECT_THAT(last, SizeIs(16));
  EXPECT_THAT(last, Each(StartsWith("encoder.layer.1.")));
  EXPECT_THAT(encoder_frozen_at("embeddings")->trained_names(), SizeIs(32));
  const auto all = encoder_frozen_at("none")->trained_names();
  EXPECT_THAT(all, SizeIs(37));
  EXPECT_THAT(all, Contains("embeddings.word_embeddings.weight"));
  EXPECT_EQ(encoder_frozen_at("none")->frozen({"man"}).tokens.scalar_type(), torch::kInt64);
}

TEST(FreezePoint, GradientsReachTheFirstTrainedTensor) {
  for (const auto& [freeze, first] : {std::pair{"none", "embeddings.word_embeddings.weight"},
                                      {"embeddings", "encoder.layer.0.attention.self.query.weight"},
                                      {"block1", "encoder.layer.1.attention.self.query.weight"}}) {
    const auto encoder = encoder_frozen_at(freeze);
    for (const std::string& name : encoder->trained_names()) encoder->tensors().at(name).requires_grad_();
    const torch::Tensor tokens = encoder->trained(encoder->frozen(kSentences)).tokens;
    (tokens * tokens.detach().sin()).sum().backward();
    EXPECT_GT(encoder->tensors().at(first).grad().abs().sum().item<float>(), 0) << freeze;
    EXPECT_FALSE(encoder_frozen_at(freeze)->encode(kSentences).tokens.requires_grad());
  }
}

TEST(FreezePoint, AStoreOfNoTextsHasTheRightForm) {
  EXPECT_EQ(TextStore(*encoder_frozen_at("none"), {}).gather({}).tokens.sizes().vec(),
            (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(TextStore(*encoder_frozen_at("block1"), {}).gather({}).tokens.sizes().vec(),
            (std::vector<int64_t>{0, 0, 16}));
}

}  // namespace
}  // namespace dmf::translate
