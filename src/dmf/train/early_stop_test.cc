#include "dmf/train/early_stop.h"

#include <gtest/gtest.h>

namespace dmf::train {
namespace {

TEST(EarlyStop, IsOverAfterPatienceValidationsWithoutANewBest) {
  EarlyStop stop(2);
  EXPECT_FALSE(stop.has_best());
  EXPECT_TRUE(stop.add(-3, 10)) << "the first is the best, whatever it is";
  EXPECT_TRUE(stop.add(0.5, 20));
  EXPECT_FALSE(stop.add(0.5, 30)) << "equal is no better";
  EXPECT_FALSE(stop.is_over());
  EXPECT_TRUE(stop.add(0.6, 40));
  EXPECT_FALSE(stop.add(0.4, 50));
  EXPECT_FALSE(stop.is_over()) << "a new best starts the count anew";
  EXPECT_FALSE(stop.add(0.55, 60));
  EXPECT_TRUE(stop.is_over());
  EXPECT_EQ(stop.best_step(), 40);
  EXPECT_EQ(stop.best_score(), 0.6);
}

TEST(EarlyStop, GoesOnFromACheckpoint) {
  EarlyStop first(2);
  first.add(0.1 + 0.2, 10);
  first.add(0.1, 20);
  EarlyStop second(2);
  second.load_json(nlohmann::json::parse(first.to_json().dump()));
  EXPECT_EQ(second.best_score(), 0.1 + 0.2) << "bit for bit";
  EXPECT_FALSE(second.add(0.1, 30));
  EXPECT_TRUE(second.is_over());
  EarlyStop never(0);
  for (int i = 0; i < 100; ++i) never.add(-i, i);
  EXPECT_FALSE(never.is_over());
}

}  // namespace
}  // namespace dmf::train
