#include "dmf/translate/position_table.h"

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::translate {
namespace {

/// For each pair of a grid's cells, the class token first, the row of the bias table: [1 + N, 1 + N] int64.
torch::Tensor table_rows(TokenGrid grid) {
  const int64_t differences = (2 * grid.rows - 1) * (2 * grid.columns - 1);
  const torch::Tensor cells = torch::arange(grid.cells());
  const torch::Tensor row = cells.div(grid.columns, "floor"), column = cells.remainder(grid.columns);
  const torch::Tensor down = row.unsqueeze(1) - row.unsqueeze(0) + (grid.rows - 1);
  const torch::Tensor right = column.unsqueeze(1) - column.unsqueeze(0) + (grid.columns - 1);
  torch::Tensor rows = torch::empty({1 + grid.cells(), 1 + grid.cells()}, torch::kInt64);
  rows.slice(0, 1).slice(1, 1).copy_(down * (2 * grid.columns - 1) + right);
  rows.select(0, 0).fill_(differences);
  rows.select(1, 0).fill_(differences + 1);
  rows[0][0].fill_(differences + 2);
  return rows;
}

}  // namespace

torch::Tensor resample_positions(const torch::Tensor& table, TokenGrid from, TokenGrid to,
                                 const PositionResampling& how) {
  DMF_CHECK(table.dim() == 3 && table.size(0) == 1 && table.size(1) >= from.cells(), InvalidArgument,
            "[resample_positions] table: expected [1, at least {}, D] for {} x {} cells, got {}",
            from.cells(), from.rows, from.columns, shape_text(table.sizes()));
  if (from == to) return table;
  const int64_t others = table.size(1) - from.cells();
  const torch::Tensor grid = table.slice(1, others)
                                 .unflatten(1, {from.rows, from.columns})
                                 .permute({0, 3, 1, 2});  // [1, D, rows, columns]
  std::optional<double> vertical, horizontal;
  if (how.offset != 0) {
    vertical = (static_cast<double>(to.rows) + how.offset) / static_cast<double>(from.rows);
    horizontal = (static_cast<double>(to.columns) + how.offset) / static_cast<double>(from.columns);
  }
  const torch::Tensor resampled =
      how.antialias ? at::_upsample_bicubic2d_aa(grid, {to.rows, to.columns}, false, vertical, horizontal)
                    : at::upsample_bicubic2d(grid, {to.rows, to.columns}, false, vertical, horizontal);
  return at::cat({table.slice(1, 0, others), resampled.flatten(2).transpose(1, 2)}, 1);
}

torch::Tensor relative_position_bias(const torch::Tensor& table, TokenGrid from, TokenGrid to) {
  const TokenGrid old_size{2 * from.rows - 1, 2 * from.columns - 1};
  const TokenGrid new_size{2 * to.rows - 1, 2 * to.columns - 1};
  check_shape(table, {old_size.cells() + 3, kAnySize}, "relative_position_bias", "table");
  torch::Tensor entries = table;  // [differences + 3, heads]
  if (!(from == to)) {
    const torch::Tensor differences = table.slice(0, 0, old_size.cells())
                                          .unflatten(0, {old_size.rows, old_size.columns})
                                          .permute({2, 0, 1})
                                          .unsqueeze(0);  // [1, heads, rows, columns]
    const torch::Tensor resampled =
        at::upsample_bilinear2d(differences, {new_size.rows, new_size.columns}, false);
    entries = at::cat({resampled.squeeze(0).flatten(1).t(), table.slice(0, old_size.cells())});
  }
  const torch::Tensor rows = table_rows(to).to(table.device());
  return entries.index_select(0, rows.flatten())
      .view({rows.size(0), rows.size(1), -1})
      .permute({2, 0, 1})
      .unsqueeze(0)
      .contiguous();
}

}  // namespace dmf::translate
