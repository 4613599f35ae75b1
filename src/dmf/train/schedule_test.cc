#include "dmf/train/schedule.h"

#include <gtest/gtest.h>

#include "dmf/core/error.h"

namespace dmf::train {
namespace {

TEST(Schedule, RisesThenFallsAsACosine) {
  const Schedule plain{.warmup = 0}, warm{.warmup = 0.1};
  EXPECT_DOUBLE_EQ(learning_rate_factor(0, 100, plain), 1.0);
  EXPECT_NEAR(learning_rate_factor(50, 100, plain), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(learning_rate_factor(0, 100, warm), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(9, 100, warm), 1.0);
  EXPECT_NEAR(learning_rate_factor(55, 100, warm), 0.5, 1e-12);
  for (int64_t step = 0; step < 100; ++step) EXPECT_GT(learning_rate_factor(step, 100, warm), 0.0);
}

TEST(Schedule, FallsEverySoManySteps) {
  const Schedule schedule{.shape = "step", .warmup = 0, .every = 0.25, .factor = 0.5};
  const std::pair<int64_t, double> expected[] = {{0, 1},    {24, 1},    {25, 0.5},
                                                 {49, 0.5}, {50, 0.25}, {99, 0.125}};
  for (const auto& [step, factor] : expected)
    EXPECT_DOUBLE_EQ(learning_rate_factor(step, 100, schedule), factor) << step;
  EXPECT_DOUBLE_EQ(learning_rate_factor(119, 120, {.shape = "step", .warmup = 0, .every = 1}), 1);
}

TEST(Schedule, FallsAtMilestonesAfterTheWarmUp) {
  // TransReID's and BoT's: 120 epochs, falls at 40 and 70, ten epochs of warm-up.
  const Schedule schedule{
      .shape = "multistep", .warmup = 10.0 / 120, .milestones = {40.0 / 120, 70.0 / 120}, .factor = 0.1};
  const std::pair<int64_t, double> expected[] = {{0, 0.1},  {4, 0.5},  {9, 1},     {39, 1},
                                                 {40, 0.1}, {69, 0.1}, {70, 0.01}, {119, 0.01}};
  for (const auto& [epoch, factor] : expected)
    EXPECT_NEAR(learning_rate_factor(epoch, 120, schedule), factor, 1e-12) << epoch;
}

TEST(Schedule, MayStayAndRefusesAnotherName) {
  EXPECT_DOUBLE_EQ(learning_rate_factor(99, 100, {.shape = "constant"}), 1);
  EXPECT_DOUBLE_EQ(learning_rate_factor(0, 100, {.shape = "constant", .warmup = 0.1}), 0.1);
  EXPECT_THROW(learning_rate_factor(0, 100, {.shape = "linear"}), InvalidArgument);
}

}  // namespace
}  // namespace dmf::train
