// The three kinds of text encoders against the package `transformers`, and their checkpoint folders.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/precision.h"
#include "dmf/text/tokenizer.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/text_transformer.h"
#include "dmf/weights/tensor_file.h"
#include "support/closeness.h"
#include "support/development_data.h"
#include "support/message_of.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// tools/make_text_encoder_golden.py has the same texts, ids and sizes.
const std::vector<std::string> kTexts = {"A woman in a red coat, she's 30.", "man",
                                         "  navy-blue shirt — and a café bag! 😀"};
const std::vector<std::vector<int64_t>> kBertIds = {
    {2, 7, 9, 11, 500, 3}, {2, 3}, {2, 5, 6, 7, 8, 39, 999, 12, 3}};

nlohmann::json small_config(const std::string& model_type) {
  return {{"model_type", model_type},
          {"vocab_size", 1001},
          {"hidden_size", 32},
          {"num_hidden_layers", 3},
          {"num_attention_heads", 4},
          {"intermediate_size", 64},
          {"max_position_embeddings", 40},
          {"type_vocab_size", model_type == "bert" ? 2 : 1},
          {"layer_norm_eps", model_type == "bert" ? 1e-12 : 1e-5},
          {"hidden_act", "gelu"}};
}

nlohmann::json base_config(const std::string& model_type) {
  nlohmann::json config = small_config(model_type);
  config.update({{"vocab_size", model_type == "bert" ? 30522 : 50265},
                 {"hidden_size", 768},
                 {"num_hidden_layers", 12},
                 {"num_attention_heads", 12},
                 {"intermediate_size", 3072},
                 {"max_position_embeddings", model_type == "bert" ? 512 : 514}});
  return config;
}

TextTransformer formula_transformer(const nlohmann::json& json) {
  const TextConfig config = parse_text_config(json.dump(), "test");
  return {config, golden::weights_of(text_tensors(config))};
}

torch::Tensor golden_states(const std::string& name) {
  return weights::read_tensors(test::golden() / "text" / "encoders.safetensors").at(name);
}

std::string tokenizer_json() { return read_text(test::golden() / "text" / "tokenizer.json"); }

std::vector<std::vector<int64_t>> ids_of(const std::string& model_type) {
  if (model_type == "bert") return kBertIds;
  const auto tokenizer =
      text::make_tokenizer(text::TokenizerKind::kByteBpe, {{"tokenizer.json", tokenizer_json()}}, "golden");
  std::vector<std::vector<int64_t>> rows;
  for (const std::string& text : kTexts) rows.push_back(tokenizer->encode(text, 512));
  return rows;
}

/// Last states of the read tokens, all rows in one padded batch.
torch::Tensor read_states(const TextTransformer& network, const std::vector<std::vector<int64_t>>& rows) {
  size_t longest = 0;
  for (const auto& row : rows) longest = std::max(longest, row.size());
  const auto B = static_cast<int64_t>(rows.size()), T = static_cast<int64_t>(longest);
  const torch::Tensor ids = at::full({B, T}, network.config().padding, torch::kInt64);
  const torch::Tensor mask = at::zeros({B, T}, torch::kBool);
  for (int64_t i = 0; i < B; ++i) {
    const auto& row = rows[static_cast<size_t>(i)];
    ids[i].narrow(0, 0, static_cast<int64_t>(row.size())).copy_(torch::tensor(row));
    mask[i].narrow(0, 0, static_cast<int64_t>(row.size())).fill_(true);
  }
  return network(ids, mask).flatten(0, 1).index_select(0, mask.flatten().nonzero().squeeze(1));
}

class TextArchitecture : public testing::TestWithParam<const char*> {};

TEST_P(TextArchitecture, GivesTransformersStates) {
  const std::string name = GetParam();
  const TextTransformer network = formula_transformer(small_config(name));
  const torch::Tensor expected = golden_states(name + "/states");
  const double full_error = test::relative_error(read_states(network, ids_of(name)), expected);
  RecordProperty("float32_error", std::to_string(full_error * 1e6) + "e-6");
  EXPECT_LT(full_error, 1e-4);
  const PrecisionScope half(torch::kBFloat16, torch::kCPU);
  const double error = test::relative_error(read_states(network, ids_of(name)).to(torch::kFloat32), expected);
  RecordProperty("bfloat16_error", std::to_string(error));
  EXPECT_LT(error, 2e-2);
  EXPECT_GT(error, 1e-4) << "bfloat16 was not in use";
}

INSTANTIATE_TEST_SUITE_P(Kinds, TextArchitecture, testing::Values("bert", "roberta", "data2vec-text"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(0, name.find('-'));
                         });

class TextFolder : public testing::TestWithParam<const char*> {};

TEST_P(TextFolder, AloneTellsWhatItIs) {
  const std::string name = GetParam();
  const nlohmann::json config = small_config(name);
  const test::TemporaryFolder folder;
  weights::NamedTensors tensors;
  const std::string prefix = name == "roberta" ? "roberta." : "data2vec_text.";
  for (const auto& [key, tensor] :
       golden::weights_of(text_tensors(parse_text_config(config.dump(), "test")))) {
    tensors[prefix + key] = tensor;
  }
  tensors[prefix + "pooler.dense.weight"] = tensors["lm_head.bias"] = at::zeros({3});
  tensors[prefix + "embeddings.position_ids"] = at::zeros({1, 40}, torch::kInt64);
  weights::write_safetensors(folder / "model.safetensors", tensors);
  write_text(folder / "config.json", config.dump());
  write_text(folder / "tokenizer.json", tokenizer_json());

  const auto encoder = make_text_encoder({.folder = folder.path().string(), .special_tokens = true});
  EXPECT_EQ(encoder->options().name, name);
  EXPECT_EQ(encoder->options().max_length, 38) << "40 positions, counted from 2";
  const TextTokens all = encoder->encode(kTexts);
  const torch::Tensor states =
      all.tokens.flatten(0, 1).index_select(0, all.mask.flatten().nonzero().squeeze(1));
  EXPECT_LT(test::relative_error(states, golden_states(name + "/states")), 1e-4);
  // What a model file keeps is enough.
  const auto again = make_text_encoder(encoder->options(), &encoder->tensors());
  EXPECT_EQ(again->fingerprint(), encoder->fingerprint());
  EXPECT_TRUE(again->encode({"a red coat"}).tokens.equal(encoder->encode({"a red coat"}).tokens));
}

INSTANTIATE_TEST_SUITE_P(ByteBpeKinds, TextFolder, testing::Values("roberta", "data2vec-text"));

class BaseConfiguration : public testing::TestWithParam<const char*> {};

TEST_P(BaseConfiguration, GivesTransformersStates) {
  const std::string name = GetParam();
  const TextTransformer network = formula_transformer(base_config(name));
  const torch::NoGradGuard no_gradients;
  const torch::Tensor states = read_states(network, {ids_of(name)[2]});
  const double error = test::relative_error(golden::sample(states), golden_states(name + "/base"));
  RecordProperty("float32_error", std::to_string(error * 1e6) + "e-6");
  EXPECT_LT(error, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BaseConfiguration, testing::Values("bert", "data2vec-text"));

TEST(TextTransformer, CountsPositionsFromBehindThePaddingId) {
  const TextTransformer network = formula_transformer(small_config("roberta"));
  EXPECT_EQ(network.config().longest(), 38);
  const torch::Tensor ids = torch::tensor({0, 5, 1, 6, 2}, torch::kInt64).view({1, 5});
  const torch::Tensor without = torch::tensor({0, 5, 6, 2}, torch::kInt64).view({1, 4});
  const torch::Tensor with_padding = network.embed(ids), dense = network.embed(without);
  EXPECT_TRUE(with_padding[0][3].equal(dense[0][2])) << "a padding token inside takes no position";
  EXPECT_FALSE(with_padding[0][2].equal(network.embed(at::ones({1, 1}, torch::kInt64) * 5)[0][0]));
}

TEST(TextFolderErrors, SayWhatDoesNotFit) {
  const test::TemporaryFolder folder;
  TextEncoderOptions options{.folder = folder.path().string()};
  nlohmann::json config = small_config("roberta");
  weights::NamedTensors tensors = golden::weights_of(text_tensors(parse_text_config(config.dump(), "test")));
  const auto message = [&] {
    write_text(folder / "config.json", config.dump());
    weights::write_safetensors(folder / "model.safetensors", tensors);
    return test::message_of<Error>([&] { make_text_encoder(options); });
  };
  EXPECT_THAT(message(),
              AllOf(HasSubstr(options.folder), HasSubstr("no tokeniser: expected tokenizer.json")));

  nlohmann::json file = nlohmann::json::parse(tokenizer_json());
  file["model"]["vocab"]["zebra"] = 1001;
  write_text(folder / "tokenizer.json", file.dump());
  EXPECT_THAT(message(), AllOf(HasSubstr("the tokeniser does not fit the weights"),
                               HasSubstr("expected at most 1001 tokens"), HasSubstr("got 1002")));
  file["model"]["vocab"].erase("zebra");
  file["post_processor"]["sep"] = {"[SEP]", 3};
  write_text(folder / "tokenizer.json", file.dump());
  EXPECT_THAT(message(), HasSubstr("the end token `[SEP]` is not in the vocabulary"));
  file["model"]["type"] = "Unigram";
  write_text(folder / "tokenizer.json", file.dump());
  EXPECT_THAT(message(), HasSubstr("of kind Unigram, expected BPE"));

  write_text(folder / "tokenizer.json", tokenizer_json());
  EXPECT_EQ(message(), "no such error");
  options.name = "bert";
  EXPECT_THAT(message(), HasSubstr("is a roberta, got `bert`"));
  options.name = "roberta";
  options.freeze = "block4";
  EXPECT_THAT(message(), HasSubstr("embeddings or block1 … block3, got `block4`"));
  options.freeze = "blocks";
  EXPECT_THAT(message(), HasSubstr("got `blocks`"));
  tensors.erase("encoder.layer.2.output.dense.weight");
  EXPECT_THAT(message(), AllOf(HasSubstr(options.folder), HasSubstr("encoder.layer.2.output.dense.weight")));
  config["model_type"] = "data2vec-vision";
  EXPECT_THAT(message(), AllOf(HasSubstr("config.json: `model_type`"), HasSubstr("an image encoder")));
  options = {.name = "data2vec-text"};
  EXPECT_THAT(message(), HasSubstr("data2vec-text is read from a checkpoint folder, got none"));
}

}  // namespace
}  // namespace dmf::translate
