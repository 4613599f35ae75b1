// Validations that decide when a stage ends and which weights it keeps.
#include "dmf/train/stage_runner.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/progress.h"
#include "support/temporary_folder.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyBatches;
using test::TinyWorld;

constexpr int64_t kValidated = 16;  // two steps an epoch

class StoppingEarly : public testing::Test {
 protected:
  /// Trains stage II for at most 20 steps with a score for each of its epochs, 1, 2, 3 …
  /// @param fail_at  the validation of this epoch is interrupted; 0 = none
  StageResult train(const std::filesystem::path& folder, const std::vector<double>& scores,
                    bool resume = false, int64_t fail_at = 0) {
    Progress::set_enabled(false);
    at::set_num_threads(1);
    model_.emplace(fuse::ModelOptions{.width = 16, .heads = 2},
                   std::make_shared<test::TinyEncoder>(
                       TinyWorld::kChannels, translate::TokenGrid{TinyWorld::kRows, TinyWorld::kColumns}),
                   0, kValidated, 1);
    TwoStageRun run{.folder = folder, .seed = 5, .resume = resume};
    run.options.pretrain.epochs = 0;
    run.options.finetune = {.steps = 20, .learning_rate = 1e-3};
    run.options.optimizer.ema = ema_;
    run.options.progress = {.validate_every = 1, .patience = 2, .log_every = 3, .checkpoint_minutes = 0};
    run.validate = [&](const fuse::DmfModel& model, const std::string&, int64_t epoch) {
      if (epoch == fail_at) throw Interrupted("embedding: stopped by the user");
      weights_[epoch] = model.parameters().at("image.projection.weight").detach().clone();
      return nlohmann::json{{"map", scores.at(static_cast<size_t>(epoch - 1))}};
    };
    run.score = [](const nlohmann::json& validation) { return validation.at("map").get<double>(); };
    return train_two_stages(*model_, {},
                            {std::make_shared<TinyBatches>(TinyWorld{}, kValidated, 0), "t", "t"}, run)
        .finetune;
  }
  torch::Tensor weight() const { return model_->parameters().at("image.projection.weight"); }

  test::TemporaryFolder folder_;
  std::optional<fuse::DmfModel> model_;
  std::map<int64_t, torch::Tensor> weights_;  ///< at each epoch's validation
  double ema_ = 0;
};

const std::vector<double> kRising = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
const std::vector<double> kFalling = {1, 5, 6, 2, 4, 9, 9, 9, 9, 9};

TEST_F(StoppingEarly, EndsTheStageWithItsBestWeights) {
  for (const double ema : {0.0, 0.9}) {
    ema_ = ema;
    EXPECT_EQ(train(folder_ / std::to_string(ema), kFalling).steps, 10)
        << "two epochs behind the best, epoch 3";
    EXPECT_TRUE(at::equal(weight(), weights_.at(3)));
    EXPECT_FALSE(at::equal(weight(), weights_.at(5)));
    EXPECT_FALSE(weights_.contains(6));
  }
}

TEST_F(StoppingEarly, GoesToTheEndWhileItGetsBetter) {
  EXPECT_EQ(train(folder_.path(), kRising).steps, 20);
  EXPECT_TRUE(at::equal(weight(), weights_.at(10)));
}

TEST_F(StoppingEarly, KeepsTheBestThoughTheLastIsNot) {
  std::vector<double> scores = kRising;
  scores.back() = 0;
  EXPECT_EQ(train(folder_.path(), scores).steps, 20);
  EXPECT_TRUE(at::equal(weight(), weights_.at(9)));
}

TEST_F(StoppingEarly, GoesOnFromACheckpointWithBestAndPatience) {
  train(folder_ / "whole", kFalling);
  const torch::Tensor expected = weight().detach().clone();
  for (const int64_t interrupted_at : {2, 4, 5}) {
    const auto broken = folder_ / std::to_string(interrupted_at);
    EXPECT_THROW(train(broken, kFalling, false, interrupted_at), Interrupted);
    weights_.clear();
    EXPECT_EQ(train(broken, kFalling, true).steps, 10);
    EXPECT_EQ(weights_.begin()->first, interrupted_at) << "the interrupted validation is made up for";
    EXPECT_TRUE(at::equal(weight(), expected));
    EXPECT_EQ(read_text(broken / "metrics.jsonl"), read_text(folder_ / "whole/metrics.jsonl"));
  }
  EXPECT_EQ(train(folder_ / "whole", kFalling, true).steps, 10)
      << "a stage that is over is not trained again";
  EXPECT_TRUE(at::equal(weight(), expected));
}

TEST_F(StoppingEarly, NeedsValidations) {
  TwoStageRun run{.folder = folder_.path()};
  run.options.progress.patience = 3;
  train(folder_ / "a", kRising);
  EXPECT_THROW(train_two_stages(*model_, {},
                                {std::make_shared<TinyBatches>(TinyWorld{}, kValidated, 0), "t", "t"}, run),
               InvalidArgument);
}

}  // namespace
}  // namespace dmf::train
