#include "dmf/translate/text_encoder.h"

#include <gmock/gmock.h>

#include <chrono>
#include <iostream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/text_store.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/text_transformer.h"
#include "dmf/weights/tensor_file.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kConfig =
    R"({"model_type": "bert", "vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 2,
  "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 16, "type_vocab_size": 2,
  "hidden_act": "gelu", "layer_norm_eps": 1e-12})";
constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nred\ncoat\nwoman\nman\n##s\n";

/// A small encoder's tensors, as a model file would give them.
weights::NamedTensors small_text_weights() {
  weights::NamedTensors tensors = golden::weights_of(text_tensors(parse_text_config(kConfig, "test")));
  tensors["config.json"] = tensor_of_text(kConfig);
  tensors["vocab.txt"] = tensor_of_text(kVocabulary);
  return tensors;
}

std::shared_ptr<TextEncoder> small_text_encoder(const TextEncoderOptions& options = {}) {
  const weights::NamedTensors tensors = small_text_weights();
  return make_text_encoder(options, &tensors);
}

torch::Tensor words_of(const TextTokens& texts) {
  return texts.tokens.flatten(0, 1).index_select(0, texts.mask.flatten().nonzero().squeeze(1));
}

TEST(TextEncoder, GivesTransformersStates) {
  const torch::Tensor ids =
      torch::tensor({2, 7, 9, 11, 3, 0, 0, 2, 5, 6, 7, 8, 39, 3, 2, 3, 0, 0, 0, 0, 0}, torch::kInt64)
          .view({3, 7});
  const torch::Tensor mask = at::logical_or(ids != 0, torch::zeros({3, 7}, torch::kBool));
  const torch::Tensor states = small_text_encoder()->hidden_states(ids, mask);
  const torch::Tensor expected =
      weights::read_tensors(test::golden() / "translate" / "formula.safetensors").at("bert/states");
  EXPECT_LT(test::relative_error(words_of({states, mask}), expected), 1e-4);
}

TEST(TextEncoder, GivesTransformersStatesOfMiniLm) {
  if (test::packages().empty()) GTEST_SKIP() << "no .deps/site";
  const auto encoder = make_text_encoder({});
  EXPECT_EQ(encoder->width(), 384);
  const std::vector<std::string> sentences = {
      "A woman in a red coat and black trousers carries a white handbag.", "man",
      "The pedestrian, seen from behind, wears a long-sleeved grey T-shirt, jeans & sneakers — no backpack."};
  const TextTokens texts = encoder->encode(sentences);
  const weights::NamedTensors golden_data =
      weights::read_tensors(test::golden() / "translate" / "real.safetensors");
  EXPECT_TRUE(texts.mask.sum(1).equal(golden_data.at("minilm-l6/counts")));
  EXPECT_LT(test::relative_error(golden::sample(words_of(texts)), golden_data.at("minilm-l6/words")), 1e-4);
  const auto start = std::chrono::steady_clock::now();
  encoder->encode(std::vector<std::string>(64, sentences[0]));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::cout << "MiniLM-L6, 15 words: " << 64 / seconds << " texts/s\n";
}

TEST(TextEncoder, LeavesOutSpecialTokensUnlessAsked) {
  const TextTokens words = small_text_encoder()->encode({"a red coat", "man"});
  EXPECT_EQ(words.tokens.sizes().vec(), (std::vector<int64_t>{2, 3, 32}));
  EXPECT_TRUE(words.mask.equal(torch::tensor({true, true, true, true, false, false}).view({2, 3})));
  EXPECT_EQ(words.tokens[1].slice(0, 1).abs().sum().item<float>(), 0) << "padding is zero";
  const TextTokens all = small_text_encoder({.special_tokens = true})->encode({"a red coat", "man"});
  EXPECT_EQ(all.tokens.size(1), 5);
  EXPECT_TRUE(all.tokens[0].slice(0, 1, 4).equal(words.tokens[0]));
}

TEST(TextEncoder, ATextDoesNotDependOnItsNeighbours) {
  const auto encoder = small_text_encoder();
  const torch::Tensor alone = encoder->encode({"red man"}).tokens[0];
  const TextTokens together = encoder->encode({"a woman a red coat a man", "red man", ""});
  EXPECT_LT(test::relative_error(together.tokens[1].slice(0, 0, 2), alone), 1e-5);
  EXPECT_EQ(together.mask[2].sum().item<int64_t>(), 0);
}

TEST(TextEncoder, EmptyAndLongTexts) {
  EXPECT_EQ(small_text_encoder()->encode({}).tokens.sizes().vec(), (std::vector<int64_t>{0, 0, 32}));
  EXPECT_EQ(small_text_encoder()->encode({""}).tokens.sizes().vec(), (std::vector<int64_t>{1, 0, 32}));
  std::string text;
  for (int i = 0; i < 50; ++i) text += "red ";
  EXPECT_EQ(small_text_encoder()->encode({text}).tokens.size(1), 14)
      << "16 positions, two of them [CLS] and [SEP]";
  EXPECT_EQ(small_text_encoder({.max_length = 5})->encode({text}).tokens.size(1), 3);
}

TEST(TextEncoder, FingerprintCoversWeightsVocabularyAndOptions) {
  const auto encoder = small_text_encoder();
  const std::string before = encoder->fingerprint();
  EXPECT_EQ(small_text_encoder()->fingerprint(), before);
  EXPECT_NE(small_text_encoder({.special_tokens = true})->fingerprint(), before);
  encoder->tensors().at("embeddings.LayerNorm.bias").add_(1);
  EXPECT_NE(encoder->fingerprint(), before);
}

TEST(TextEncoder, SaysWhatIsWrong) {
  EXPECT_THAT([] { small_text_encoder({.name = "gpt"}); },
              ThrowsMessage<InvalidArgument>(HasSubstr("minilm-l6")));
  EXPECT_THAT([] { make_text_encoder({.folder = "no/such/folder"}); },
              ThrowsMessage<DataError>(HasSubstr("no/such/folder")));
  EXPECT_THAT([] { parse_text_config(R"({"model_type": "gpt2"})", "x/config.json"); },
              ThrowsMessage<DataError>(HasSubstr("x/config.json: `model_type`: expected one of bert")));
  EXPECT_THAT([] { parse_text_config(R"({"model_type": "bert", "num_hidden_layers": 0})", "c"); },
              ThrowsMessage<DataError>(HasSubstr("num_hidden_layers")));
  weights::NamedTensors tensors = small_text_weights();
  tensors.erase("encoder.layer.1.output.dense.bias");
  EXPECT_THAT([&] { make_text_encoder({}, &tensors); },
              ThrowsMessage<DataError>(HasSubstr("encoder.layer.1.output.dense.bias")));
  tensors.erase("vocab.txt");
  EXPECT_THAT([&] { make_text_encoder({}, &tensors); }, ThrowsMessage<DataError>(HasSubstr("vocab.txt")));
  // A list of words that was cut: most words would be read as unknown.
  tensors = small_text_weights();
  std::string config = kConfig;
  tensors["config.json"] = tensor_of_text(config.replace(config.find("40"), 2, "2000"));
  EXPECT_THAT(
      [&] { make_text_encoder({}, &tensors); },
      ThrowsMessage<DataError>(HasSubstr("expected 976 to 2000 tokens, as the word embeddings, got 11")));
}

TEST(TextEncoder, ReadsAFolder) {
  const test::TemporaryFolder folder;
  weights::NamedTensors tensors;
  for (const auto& [name, tensor] : small_text_weights()) {
    if (!tensor.is_floating_point()) continue;
    std::string published = "bert." + name;  // older checkpoints: gamma and beta
    if (published.ends_with("LayerNorm.weight")) published.replace(published.size() - 6, 6, "gamma");
    if (published.ends_with("LayerNorm.bias")) published.replace(published.size() - 4, 4, "beta");
    tensors[published] = tensor;
  }
  tensors["cls.predictions.bias"] = tensors["bert.pooler.dense.bias"] = at::zeros({3});
  weights::write_safetensors(folder / "model.safetensors", tensors);
  write_text(folder / "config.json", kConfig);
  write_text(folder / "vocab.txt", kVocabulary);
  const auto encoder = make_text_encoder({.folder = folder.path().string()});
  EXPECT_TRUE(encoder->encode({"a man"}).tokens.equal(small_text_encoder()->encode({"a man"}).tokens));
  EXPECT_EQ(encoder->fingerprint(), small_text_encoder()->fingerprint());
}

TEST(TextStore, GivesWhatTheEncoderGives) {
  const auto encoder = small_text_encoder();
  const std::vector<std::string> texts = {"a red coat", "man", "woman", "man", ""};
  const TextStore store(*encoder, texts);
  EXPECT_EQ(store.size(), 4);
  EXPECT_EQ(store.tokens(), 5);
  const TextTokens found = store.gather({"man", "a red coat", ""});
  const TextTokens expected = encoder->encode({"man", "a red coat", ""});
  EXPECT_TRUE(found.mask.equal(expected.mask));
  EXPECT_LT(test::relative_error(found.tokens, expected.tokens), 1e-5);
  EXPECT_THAT([&] { store.gather({"dog"}); }, ThrowsMessage<InvalidArgument>(HasSubstr("\"dog\"")));
}

TEST(TextStore, MayBeEmptyOrHalfAsWide) {
  const auto encoder = small_text_encoder();
  EXPECT_EQ(TextStore(*encoder, {}).gather({}).tokens.size(0), 0);
  const TextStore half(*encoder, {"red man"}, "bfloat16");
  EXPECT_LT(test::relative_error(half.gather({"red man"}).tokens, encoder->encode({"red man"}).tokens), 4e-2);
}

}  // namespace
}  // namespace dmf::translate
