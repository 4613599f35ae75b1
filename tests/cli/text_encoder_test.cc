// Text encoders as a user names them: a part of one trained, folders that are none.
#include <gmock/gmock.h>

#include "cli/figures.h"
#include "cli/program.h"
#include "cli/tiny_training.h"
#include "dmf/core/file.h"
#include "support/development_data.h"

namespace dmf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(TextEncoders, ARunTrainsThePartAboveTheFreezePoint) {
  if (packages().empty()) GTEST_SKIP() << "no .deps/site";
  const TemporaryFolder folder;
  const std::string dataset = draw_figures(folder / "figures");
  const std::vector<std::string> arguments = tiny_training("train", dataset, folder.path(), 4);
  const Finished wrong =
      run_program(arguments + std::vector<std::string>{"--set", "text_encoder.freeze=block7"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("embeddings or block1 … block6, got `block7`"));

  const Finished trained =
      run_program(arguments + std::vector<std::string>{"--set", "text_encoder.freeze=block5"});
  ASSERT_EQ(trained.exit_code, 0) << trained.errors;
  const std::string model = folder / "run" / "model.safetensors";
  const Finished words = run_program(
      {"embed", "--model", model, "--out", folder / "vectors.npy", "--text", "a person in a red coat"});
  ASSERT_EQ(words.exit_code, 0) << words.errors;
  EXPECT_THAT(words.output, HasSubstr("[1, 64]"));
  const Finished silent =
      run_program({"embed", "--model", model, "--out", folder / "vectors.npy", "--text", " "});
  EXPECT_EQ(silent.exit_code, 2) << "start and end tokens are no words";
  EXPECT_THAT(silent.errors, HasSubstr("has no word"));
}

TEST(TextEncoders, AFolderOfAnotherKindIsRefused) {
  const TemporaryFolder folder;
  const auto translated = [&] {
    return run_program(
        {"translate", "--encoder", folder.path().string(), "--text", "a man", "--out", folder / "words.npy"});
  };
  write_text(folder / "config.json", R"({"model_type": "gpt2"})");
  const Finished other = translated();
  EXPECT_EQ(other.exit_code, 3);
  EXPECT_THAT(other.errors, AllOf(HasSubstr("config.json: `model_type`"),
                                  HasSubstr("bert, roberta, data2vec-text, got \"gpt2\"")));
  write_text(folder / "config.json",
             R"({"model_type": "roberta", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1,
  "num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 20, "type_vocab_size": 1})");
  write_text(folder / "tokenizer.json", R"({"model": {"type": "Unigram"}})");
  const Finished unigram = translated();
  EXPECT_EQ(unigram.exit_code, 3);
  EXPECT_THAT(unigram.errors, HasSubstr("tokenizer.json: a tokeniser of kind Unigram, expected BPE"));
}

}  // namespace
}  // namespace dmf::test
