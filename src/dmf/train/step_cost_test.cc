#include "dmf/train/step_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "dmf/core/error.h"
#include "support/tiny_encoder.h"
#include "support/tiny_world.h"

namespace dmf::train {
namespace {

using test::TinyWorld;

constexpr int64_t kIdentities = 20;
constexpr std::chrono::milliseconds kSlowDraw{30};

/// Batches that take their time, and remember which steps were drawn.
class SlowBatches : public test::TinyBatches {
 public:
  using test::TinyBatches::TinyBatches;

  Batch draw(int64_t step) const override {
    drawn.push_back(step);
    std::this_thread::sleep_for(kSlowDraw);
    return test::TinyBatches::draw(step);
  }

  mutable std::vector<int64_t> drawn;
};

fuse::DmfModel model_of(int64_t identities) {
  fuse::ModelOptions options;
  options.width = 16;
  options.heads = 2;
  options.style_blend = 0;
  const translate::TokenGrid grid{TinyWorld::kRows, TinyWorld::kColumns};
  return {options, std::make_shared<test::TinyEncoder>(TinyWorld::kChannels, grid), TinyWorld::kTextWidth,
          identities, 1};
}

TEST(StepCost, CountsDrawsAndStepsApartAndLeavesTheFirstOut) {
  const TinyWorld world;
  const SlowBatches batches(world, kIdentities, 2);
  fuse::DmfModel model = model_of(kIdentities + 5);
  const StepCost cost = measure_step_cost(model, batches, {}, 1e-3, 3);
  EXPECT_EQ(batches.drawn, (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(cost.samples, batches.draw(0).samples());
  EXPECT_GE(cost.draw_seconds, std::chrono::duration<double>(kSlowDraw).count());
  EXPECT_GT(cost.step_seconds, 0);
  EXPECT_GT(cost.loss, 0);
  EXPECT_EQ(model.identities(), kIdentities) << "the head is made for the stage's identities";
}

TEST(StepCost, RefusesToMeasureNothing) {
  const TinyWorld world;
  fuse::DmfModel model = model_of(kIdentities);
  EXPECT_THROW(measure_step_cost(model, test::TinyBatches(world, kIdentities, 2), {}, 1e-3, 0),
               InvalidArgument);
}

}  // namespace
}  // namespace dmf::train
