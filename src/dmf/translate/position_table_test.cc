#include "dmf/translate/position_table.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "support/closeness.h"

namespace dmf::translate {
namespace {

torch::Tensor iota(const std::vector<int64_t>& sizes) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return torch::arange(count).to(torch::kFloat32).view(sizes);
}

// Two cells side by side: differences -1, 0, 1 of columns, then class → cell, cell → class, class → class.
TEST(RelativePositionBias, PutsEachDifferencesEntryWhereItBelongs) {
  const torch::Tensor table = torch::tensor({10.0F, 20.0F, 30.0F, 1.0F, 2.0F, 3.0F}).view({6, 1});
  const torch::Tensor bias = relative_position_bias(table, {1, 2}, {1, 2});
  EXPECT_TRUE(bias.equal(
      torch::tensor({3.0F, 1.0F, 1.0F, 2.0F, 20.0F, 10.0F, 2.0F, 30.0F, 20.0F}).view({1, 1, 3, 3})));
}

TEST(RelativePositionBias, KeepsAConstantAndTheClassTokensEntriesOnAnotherGrid) {
  torch::Tensor table = torch::full({7 * 7 + 3, 2}, 5.0F);
  table.slice(0, 49).copy_(iota({3, 2}));
  const torch::Tensor bias = relative_position_bias(table, {4, 4}, {16, 8});
  EXPECT_EQ(bias.sizes().vec(), (std::vector<int64_t>{1, 2, 129, 129}));
  EXPECT_LT((bias.slice(2, 1).slice(3, 1) - 5).abs().max().item<float>(), 1e-5);
  EXPECT_EQ(bias[0][1][0][0].item<float>(), 5.0F);
  EXPECT_TRUE((bias[0][0][0].slice(0, 1) == 0).all().item<bool>());
  EXPECT_TRUE((bias[0][0].select(1, 0).slice(0, 1) == 2).all().item<bool>());
  EXPECT_THAT(
      [&] {
        relative_position_bias(table, {4, 5}, {16, 8});
      },
      ::testing::ThrowsMessage<InvalidArgument>(::testing::HasSubstr("[66, any]")))
      << "63 differences of 4 x 5 cells and 3 more";
}

TEST(ResamplePositions, KeepsTheFirstEntriesAndAConstant) {
  torch::Tensor table = torch::full({1, 2 + 16, 3}, 4.0F);
  table.slice(1, 0, 2).copy_(iota({1, 2, 3}));
  for (const PositionResampling& how :
       {PositionResampling{}, PositionResampling{.antialias = true}, PositionResampling{.offset = 0.1}}) {
    const torch::Tensor resampled = resample_positions(table, {4, 4}, {16, 8}, how);
    EXPECT_EQ(resampled.sizes().vec(), (std::vector<int64_t>{1, 130, 3}));
    EXPECT_TRUE(resampled.slice(1, 0, 2).equal(iota({1, 2, 3})));
    EXPECT_LT((resampled.slice(1, 2) - 4).abs().max().item<float>(), 1e-5);
  }
  EXPECT_TRUE(resample_positions(table, {4, 4}, {4, 4}, {}).is_same(table));
  EXPECT_THROW(resample_positions(table, {5, 5}, {4, 4}, {}), InvalidArgument);
}

TEST(ResamplePositions, RowsStayRows) {
  // Values grow from row to row only: so must the resampled ones.
  const torch::Tensor table =
      torch::arange(4).to(torch::kFloat32).view({4, 1}).expand({4, 2}).reshape({1, 8, 1});
  const torch::Tensor grid = resample_positions(table, {4, 2}, {8, 3}, {}).view({8, 3});
  EXPECT_LT((grid - grid.select(1, 0).unsqueeze(1)).abs().max().item<float>(), 1e-5);
  EXPECT_GT((grid.slice(0, 1) - grid.slice(0, 0, 7)).min().item<float>(), -0.1F);
  EXPECT_GT((grid[7][0] - grid[0][0]).item<float>(), 2.5F);
}

}  // namespace
}  // namespace dmf::translate
