// Both stages with a text encoder whose upper part is trained.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/train/two_stage.h"
#include "dmf/translate/text_store.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_text.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyBatches;
using test::TinyWorld;

constexpr int64_t kPersons = 16;

/// A sentence for each person: two words of seven tell who it is.
std::string sentence_of(int64_t person) {
  const char* words[] = {"red", "blue", "shirt", "coat", "jeans", "bag", "hat"};
  return fmt::format("a person with {} and {}", words[person % 7], words[person / 7]);
}

/// TinyBatches whose texts are sentences, as far as a text encoder's frozen part reads them. Breaks off at a
/// step, as a killed run does.
class SentenceBatches : public TinyBatches {
 public:
  SentenceBatches(const translate::TextEncoder& encoder, int64_t last)
      : TinyBatches({}, kPersons, 2), store_(encoder, sentences()), last_(last) {}

  Batch draw(int64_t step) const override {
    if (step >= last_) throw Error("power cut");
    Batch batch = TinyBatches::draw(step);
    std::vector<std::string> texts;
    for (int64_t i = batch.images.size(0); i < batch.labels.size(0); ++i)
      texts.push_back(sentence_of(batch.labels[i].item<int64_t>()));
    batch.texts = store_.gather(texts);
    return batch;
  }

 private:
  static std::vector<std::string> sentences() {
    std::vector<std::string> all;
    for (int64_t person = 0; person < kPersons; ++person) all.push_back(sentence_of(person));
    return all;
  }

  translate::TextStore store_;
  int64_t last_;
};

fuse::DmfModel reading_model(const std::shared_ptr<translate::TextEncoder>& text_encoder) {
  fuse::ModelOptions options;
  options.width = 16;
  options.heads = 2;
  options.max_text_length = 20;
  return {options,
          std::make_shared<test::TinyEncoder>(TinyWorld::kChannels,
                                              translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
          text_encoder, kPersons, 1};
}

TwoStageRun short_run(const std::filesystem::path& folder) {
  Progress::set_enabled(false);
  at::set_num_threads(1);
  TwoStageRun run{.folder = folder, .seed = 5};
  run.options.pretrain = {.steps = 14, .learning_rate = 3e-3};
  run.options.finetune = {.steps = 6, .learning_rate = 1e-3};
  run.options.progress = {.log_every = 1, .checkpoint_minutes = 1e-9};
  return run;
}

/// Trains from the start, or goes on, breaking off at `last` of stage I.
weights::NamedTensors train(const char* freeze, const TwoStageRun& run, int64_t last = 1000) {
  const auto encoder = test::tiny_text_encoder({.freeze = freeze});
  fuse::DmfModel model = reading_model(encoder);
  const StageData pretrain{std::make_shared<SentenceBatches>(*encoder, last), "tiny", "tiny"};
  const StageData finetune{std::make_shared<TinyBatches>(TinyWorld{}, kPersons, 0), "tiny", "tiny"};
  train_two_stages(model, pretrain, finetune, run);
  return model.tensors();
}

class TextTraining : public testing::TestWithParam<const char*> {};

TEST_P(TextTraining, ChangesWhatIsAboveTheFreezePointAndResumesExactly) {
  const test::TemporaryFolder whole, broken;
  const weights::NamedTensors expected = train(GetParam(), short_run(whole.path()));
  const auto before = test::tiny_text_encoder();
  int changed = 0;
  for (const auto& [name, tensor] : expected) {
    if (!name.starts_with("text.encoder.")) continue;
    const torch::Tensor start = before->tensors().at(name.substr(std::string_view("text.encoder.").size()));
    changed += !tensor.equal(start);
  }
  EXPECT_GE(changed, 15) << "of the last block's 16";

  TwoStageRun run = short_run(broken.path());
  EXPECT_THROW(train(GetParam(), run, 7), Error);
  run.resume = true;
  const weights::NamedTensors resumed = train(GetParam(), run);
  EXPECT_EQ(read_text(broken / "metrics.jsonl"), read_text(whole / "metrics.jsonl"));
  for (const auto& [name, tensor] : resumed) EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
}

INSTANTIATE_TEST_SUITE_P(FreezePoints, TextTraining, testing::Values("block1", "none"));

TEST(TextTraining, TheEncoderHasItsOwnRate) {
  const test::TemporaryFolder folder;
  TwoStageRun run = short_run(folder.path());
  run.options.optimizer.encoder_rate = 0;
  const weights::NamedTensors after = train("block1", run);
  const auto before = test::tiny_text_encoder();
  constexpr const char* kName = "encoder.layer.1.output.dense.weight";
  EXPECT_TRUE(after.at(std::string("text.encoder.") + kName).equal(before->tensors().at(kName)));
}

/// The loss of the first steps falls when the encoder is trained too, more than from a frozen one.
TEST(TextTraining, ATrainedEncoderFitsTheTextsBetter) {
  const auto loss_of = [](const char* freeze) {
    const test::TemporaryFolder folder;
    TwoStageRun run = short_run(folder.path());
    run.options.pretrain = {.steps = 60, .learning_rate = 3e-3};
    run.options.finetune = {.epochs = 0};
    run.options.optimizer.encoder_rate = 1;
    run.options.progress = {.log_every = 10, .checkpoint_minutes = 0};
    train(freeze, run);
    std::ifstream lines(folder / "metrics.jsonl");
    std::string line, last;
    while (std::getline(lines, line)) last = line;
    return nlohmann::json::parse(last)["loss"].get<double>();
  };
  const double frozen = loss_of("all"), trained = loss_of("block1");
  RecordProperty("losses", fmt::format("frozen {}, last block trained {}", frozen, trained));
  EXPECT_LT(trained, frozen);
}

}  // namespace
}  // namespace dmf::train
