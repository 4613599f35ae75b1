#include "dmf/train/two_stage.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "dmf/train/mixstyle.h"
#include "dmf/train/prefetcher.h"
#include "dmf/train/trainer.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyBatches;
using test::TinyWorld;
using ::testing::HasSubstr;

constexpr int64_t kTrained = 40;  // persons to learn from; others are for the test

fuse::DmfModel tiny_model(double drop_path = 0) {
  fuse::ModelOptions options;
  options.width = 16;
  options.heads = 2;
  options.drop_path = drop_path;
  options.max_text_length = 4;
  return {options,
          std::make_shared<test::TinyEncoder>(TinyWorld::kChannels,
                                              translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
          TinyWorld::kTextWidth, kTrained, 1};
}

TwoStageRun tiny_run(const std::filesystem::path& folder) {
  Progress::set_enabled(false);
  at::set_num_threads(1);  // steps this small are faster on one thread, and do not wait for a busy machine
  TwoStageRun run{.folder = folder, .seed = 5};
  run.options.pretrain = {.steps = 150, .learning_rate = 3e-3};
  run.options.finetune = {.steps = 100, .learning_rate = 1e-3};
  run.options.optimizer.encoder_rate = 1;
  run.options.progress = {.log_every = 10, .checkpoint_minutes = 0};
  return run;
}

StageData images_and_texts(const TinyWorld& world) {
  return {std::make_shared<TinyBatches>(world, kTrained, 2), "tiny", "tiny"};
}

StageData images(const TinyWorld& world) {
  return {std::make_shared<TinyBatches>(world, kTrained, 0), "tiny", "tiny"};
}

/// Rank-1 in per cent among 20 persons that were never trained on, 4 samples each, texts or maps as queries.
double rank1(const fuse::DmfModel& model, const TinyWorld& world, bool text_queries = false) {
  const torch::NoGradGuard no_grad;
  std::vector<int64_t> persons;
  for (int64_t i = 0; i < 80; ++i) persons.push_back(1000 + i / 4);
  const torch::Tensor gallery = model.embedding(model.forward_image(world.maps(persons, 1U << 20), false));
  const torch::Tensor queries =
      text_queries ? model.embedding(model.forward_text(world.texts(persons, 1U << 20), false)) : gallery;
  torch::Tensor similarity = queries.matmul(gallery.t());
  if (!text_queries) similarity.fill_diagonal_(-2);
  const torch::Tensor labels = torch::tensor(persons, torch::kInt64);
  return 100 *
         (labels.index_select(0, similarity.argmax(1)) == labels).to(torch::kFloat32).mean().item<double>();
}

TEST(TwoStage, LearnsToTellUnseenPersonsApart) {
  const test::TemporaryFolder folder;
  const TinyWorld world;
  fuse::DmfModel model = tiny_model();
  const double before = rank1(model, world);
  TwoStageRun run = tiny_run(folder.path());
  double after_pretrain = 0, text_after_pretrain = 0;
  run.validate = [&](const fuse::DmfModel& now, const std::string& stage, int64_t) {
    if (stage == "pretrain") {
      after_pretrain = rank1(now, world);
      text_after_pretrain = rank1(now, world, true);
    }
    return nlohmann::json{{"rank1", rank1(now, world)}};
  };
  const TwoStageResult result = train_two_stages(model, images_and_texts(world), images(world), run);
  const double after = rank1(model, world);
  RecordProperty("rank1",
                 fmt::format("{} {} {} text {}", before, after_pretrain, after, text_after_pretrain));
  EXPECT_LT(before, 30);
  EXPECT_GT(after_pretrain, 60);
  EXPECT_GT(text_after_pretrain, 50) << "chance is 5";
  EXPECT_GT(after, 65);
  EXPECT_EQ(result.finetune.steps, 100);
  EXPECT_EQ(result.finetune.validation["rank1"], after);
}

TEST(TwoStage, LearnsNothingFromNoise) {
  const test::TemporaryFolder folder;
  const TinyWorld world{.noise = 1};
  fuse::DmfModel model = tiny_model();
  train_two_stages(model, images_and_texts(world), images(world), tiny_run(folder.path()));
  EXPECT_LT(rank1(model, world), 15) << "chance is 4";
  EXPECT_LT(rank1(model, world, true), 15);
}

TEST(TwoStage, AnotherDatasetGetsAnotherHead) {
  const test::TemporaryFolder folder;
  fuse::DmfModel model = tiny_model();
  TwoStageRun run = tiny_run(folder.path());
  run.options.pretrain.steps = run.options.finetune.steps = 2;
  const StageData other{std::make_shared<TinyBatches>(TinyWorld{}, 12, 0), "other", "other"};
  train_two_stages(model, images_and_texts({}), other, run);
  EXPECT_EQ(model.identities(), 12);
}

TEST(TwoStage, RefusesToDoNothing) {
  const test::TemporaryFolder folder;
  fuse::DmfModel model = tiny_model();
  TwoStageRun run = tiny_run(folder.path());
  run.options.pretrain = run.options.finetune = {.epochs = 0};
  EXPECT_THROW(train_two_stages(model, images({}), images({}), run), InvalidArgument);
}

/// Batches that break off at a step, as a killed run does.
class BreakingBatches : public TinyBatches {
 public:
  BreakingBatches(int64_t texts_each, int64_t last) : TinyBatches({}, kTrained, texts_each), last_(last) {}
  Batch draw(int64_t step) const override {
    if (step >= last_) throw Error("power cut");
    return TinyBatches::draw(step);
  }

 private:
  int64_t last_;
};

TEST(TwoStage, AResumedRunGivesTheSameLossesBitForBit) {
  TwoStageRun run = tiny_run({});
  run.options.pretrain.steps = 20;
  run.options.finetune.steps = 15;
  run.options.optimizer.ema = 0.9;
  run.options.progress = {.log_every = 1, .checkpoint_minutes = 1e-9};
  const test::TemporaryFolder whole;
  run.folder = whole.path();
  fuse::DmfModel uninterrupted = tiny_model(0.3);
  train_two_stages(uninterrupted, images_and_texts({}), images({}), run);

  const std::pair<int64_t, int64_t> breaks[] = {{7, 15}, {20, 0}, {20, 11}};
  for (const auto& [pretrain_end, finetune_end] : breaks) {
    const test::TemporaryFolder broken;
    run.folder = broken.path();
    run.resume = false;
    fuse::DmfModel first = tiny_model(0.3);
    const StageData cut_one{std::make_shared<BreakingBatches>(2, pretrain_end), "tiny", "tiny"};
    const StageData cut_two{std::make_shared<BreakingBatches>(0, finetune_end), "tiny", "tiny"};
    EXPECT_THROW(train_two_stages(first, cut_one, cut_two, run), Error);
    std::ofstream(broken / "metrics.jsonl", std::ios::app) << "{\"stage\": \"fine";  // a line cut off

    run.resume = true;
    fuse::DmfModel second = tiny_model(0.3);
    train_two_stages(second, images_and_texts({}), images({}), run);
    EXPECT_EQ(read_text(broken / "metrics.jsonl"), read_text(whole / "metrics.jsonl"));
    const weights::NamedTensors expected = uninterrupted.tensors();
    for (const auto& [name, tensor] : second.tensors())
      EXPECT_TRUE(at::equal(tensor, expected.at(name))) << name;
  }
}

TEST(TwoStage, RefusesToResumeAnotherRun) {
  const test::TemporaryFolder folder;
  TwoStageRun run = tiny_run(folder.path());
  run.options.pretrain.steps = run.options.finetune.steps = 2;
  run.configuration = {{"batch", {{"samples", 4}}}};
  fuse::DmfModel model = tiny_model();
  train_two_stages(model, images_and_texts({}), images({}), run);
  run.resume = true;
  run.configuration = {{"batch", {{"samples", 8}}}};
  try {
    train_two_stages(model, images_and_texts({}), images({}), run);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), HasSubstr("`batch.samples` is 8, was 4"));
  }
}

TEST(Trainer, StopsAtALossThatIsNotANumber) {
  fuse::DmfModel model = tiny_model();
  Trainer trainer(model, {.stage = "pretrain"});
  Batch batch = TinyBatches({}, kTrained, 0).draw(0);
  batch.images[0].fill_(std::numeric_limits<float>::quiet_NaN());
  try {
    trainer.step(batch, 0.25, 17);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("stage pretrain, step 17, learning rate 0.25"));
  }
}

TEST(Prefetcher, GivesTheBatchesInOrderAndTheError) {
  const BreakingBatches source(2, 5);
  Prefetcher prefetcher(source, 2, 100);
  for (int64_t step = 2; step < 5; ++step) {
    EXPECT_TRUE(at::equal(prefetcher.next().images, source.draw(step).images)) << step;
  }
  EXPECT_THROW(prefetcher.next(), Error);
}

TEST(MixStyle, ChangesTheStyleAndKeepsTheContent) {
  const torch::Tensor maps = at::randn({6, 5, 4, 3}) * 3 + 1;
  RandomStream random(1, "test");
  EXPECT_TRUE(at::allclose(mixstyle(maps, 0.0, 0.1, random), maps, 1e-4, 1e-4));
  const torch::Tensor mixed = mixstyle(maps, 1.0, 1.0, random);
  EXPECT_FALSE(at::allclose(mixed, maps, 1e-2, 1e-2));
  const auto content = [](const torch::Tensor& x) {
    return (x - x.mean({2, 3}, true)) / x.std({2, 3}, true, true);
  };
  EXPECT_TRUE(at::allclose(content(mixed), content(maps), 1e-3, 1e-3));
  // No mean leaves the range of the batch's.
  const torch::Tensor means = maps.mean({2, 3}), mixed_means = mixed.mean({2, 3});
  EXPECT_TRUE((mixed_means <= std::get<0>(means.max(0)) + 1e-4).all().item<bool>());
  EXPECT_EQ(mixstyle(maps.to(torch::kBFloat16), 1.0, 0.1, random).scalar_type(), torch::kBFloat16);
}

}  // namespace
}  // namespace dmf::train
