#include "dmf/train/divergence.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/train/trainer.h"
#include "dmf/train/two_stage.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyBatches;
using test::TinyWorld;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kHuge = std::numeric_limits<float>::max();

fuse::DmfModel diverging_model() {
  at::set_num_threads(1);
  const fuse::ModelOptions options{
      .width = 16, .depth = 3, .heads = 2, .residual_init = 1, .max_text_length = 4};
  return {options,
          std::make_shared<test::TinyEncoder>(TinyWorld::kChannels,
                                              translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
          TinyWorld::kTextWidth, 40, 1};
}

/// Message and samples of a step that diverges.
struct Told {
  std::string message = "no error";
  std::vector<int64_t> samples;
};

Told step_of(fuse::DmfModel& model, const Batch& batch, int64_t parts = 1) {
  TrainerOptions options;
  options.stage = "pretrain";
  options.parts = parts;
  Trainer trainer(model, options);
  try {
    trainer.step(batch, 0.25, 17);
  } catch (const DivergenceError& error) {
    return {error.what(), error.samples()};
  }
  return {};
}

void set(const fuse::DmfModel& model, const std::string& name, float value) {
  const torch::NoGradGuard no_grad;
  model.tensors().at(name).fill_(value);
}

TEST(Divergence, NamesTheSamplesOfABatchThatIsNotFinite) {
  fuse::DmfModel model = diverging_model();
  Batch batch = TinyBatches({}, 40, 2).draw(0);
  batch.images[5].fill_(kNan);
  batch.images[9][0][0][0] = kNan;
  const Told images = step_of(model, batch);
  EXPECT_THAT(images.message,
              AllOf(HasSubstr("stage pretrain, step 17, learning rate 0.25"), HasSubstr("the images")));
  EXPECT_THAT(images.samples, testing::ElementsAre(5, 9));

  Batch other = TinyBatches({}, 40, 2).draw(0);
  other.texts.tokens[3].fill_(kNan);
  const Told texts = step_of(model, other, 3);
  EXPECT_THAT(texts.message, HasSubstr("the texts"));
  EXPECT_THAT(texts.samples, testing::ElementsAre(32 + 3)) << "texts stand behind 32 images";
}

TEST(Divergence, NamesTheParameter) {
  fuse::DmfModel model = diverging_model();
  const torch::NoGradGuard no_grad;
  model.tensors().at("transformer.1.attn.proj.bias")[2] = kNan;
  const at::AutoGradMode with_gradients(true);
  EXPECT_THAT(step_of(model, TinyBatches({}, 40, 2).draw(0)).message,
              HasSubstr("arose in the parameter transformer.1.attn.proj.bias, before the step"));
}

TEST(Divergence, NamesThePartWhoseOutputOverflows) {
  for (const int64_t parts : {1, 2}) {
    fuse::DmfModel model = diverging_model();
    set(model, "transformer.1.mlp.fc1.bias", 100);
    set(model, "transformer.1.mlp.fc2.weight", kHuge);  // finite, its products are not
    EXPECT_THAT(step_of(model, TinyBatches({}, 40, 0).draw(0), parts).message,
                HasSubstr("arose in the output of transformer.1.mlp (images)"));
  }
  fuse::DmfModel model = diverging_model();
  set(model, "text.projection.weight", kHuge);
  Batch batch = TinyBatches({}, 40, 2).draw(0);
  batch.texts.tokens.zero_();
  batch.texts.tokens[6].fill_(2);
  const Told told = step_of(model, batch);
  EXPECT_THAT(told.message, HasSubstr("arose in the output of text.projection (texts)"));
  EXPECT_THAT(told.samples, testing::ElementsAre(32 + 6));
  set(model, "text.projection.weight", 0.1F);
  set(model, "classifier.weight", kHuge);
  EXPECT_THAT(step_of(model, batch).message, HasSubstr("the output of classifier"));
}

TEST(Divergence, NamesWhereAGradientOverflows) {
  const Batch batch = TinyBatches({}, 40, 0).draw(0);
  const auto place = [&](const fuse::DmfModel& model, float gradient) {
    const auto features = [&] { return model.forward_image(batch.images, true); };
    return find_divergence(
               model, batch,
               [&] { return loss::Losses{.identity = at::zeros({}), .triplet = at::zeros({})}; },
               [&] {
                 features().backward(at::full({batch.samples(), 16}, gradient));
               })
        .place;
  };
  EXPECT_THAT(place(diverging_model(), kHuge),
              AllOf(HasSubstr("the gradient of the output of transformer.2."),
                    HasSubstr("and so the gradients of"), HasSubstr("image.")));
  // What the middle block computes is large inside: the gradient of its last weights is the first to
  // overflow.
  const fuse::DmfModel model = diverging_model();
  {
    const torch::NoGradGuard no_grad;
    model.tensors().at("transformer.1.mlp.fc1.weight").mul_(1e38);
    model.tensors().at("transformer.1.mlp.fc2.weight").mul_(1e-38);
  }
  EXPECT_EQ(place(model, 1e5F), "the gradients of 1 parameters: transformer.1.mlp.fc2.weight");
  EXPECT_EQ(place(diverging_model(), 1e30F), "the gradients' length: each of them is finite");
}

/// Samples with names, one of which is broken at step 2.
class NamedBatches : public TinyBatches {
 public:
  NamedBatches() : TinyBatches({}, 40, 0) {}
  Batch draw(int64_t step) const override {
    Batch batch = TinyBatches::draw(step);
    if (step == 2) batch.images[1].fill_(kNan);
    return batch;
  }
  std::vector<std::string> sample_names(int64_t step) const override {
    std::vector<std::string> names;
    for (int64_t i = 0; i < samples_per_step(); ++i) names.push_back(fmt::format("crops/{}-{}.jpg", step, i));
    return names;
  }
};

TEST(Divergence, OfARunNamesTheFiles) {
  const test::TemporaryFolder folder;
  fuse::DmfModel model = diverging_model();
  TwoStageRun run{.folder = folder.path()};
  run.options.pretrain.steps = 0;
  run.options.pretrain.epochs = 0;
  run.options.finetune.steps = 5;
  try {
    train_two_stages(model, {}, {std::make_shared<NamedBatches>(), "tiny", "tiny"}, run);
    FAIL();
  } catch (const DivergenceError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("stage finetune, step 2"), HasSubstr("\n  crops/2-1.jpg")));
  }
}

}  // namespace
}  // namespace dmf::train
