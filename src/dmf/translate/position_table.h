#pragma once
#include <torch/types.h>

#include "dmf/translate/token_grid.h"

namespace dmf::translate {

/// How a table of absolute positions is brought to another grid: bicubically, as the models' own code has it.
struct PositionResampling {
  bool antialias = false;  ///< timm, and DINOv2 with registers
  double offset = 0.0;     ///< DINOv2's own code without registers: 0.1 cells are added to the grid's sizes
};

/// Position embeddings of a grid from those of the grid that the model was pre-trained on.
/// @param table   [1, P + from.rows * from.columns, D] floating: P positions that are no cells (class token
/// …)
///                come first, cells follow row by row
/// @return        [1, P + to.rows * to.columns, D]; `table` itself where the grids are equal; differentiable
/// @throws InvalidArgument  another shape
torch::Tensor resample_positions(const torch::Tensor& table, TokenGrid from, TokenGrid to,
                                 const PositionResampling& how);

/// BEiT's relative position bias (Bao et al. 2022, arXiv:2106.08254) for a grid, from the table of the grid
/// that the model was pre-trained on, resampled bilinearly as transformers has it.
/// @param table  [(2 rows - 1) (2 columns - 1) + 3, heads]: one entry for each difference of rows and
/// columns,
///               then class token → cell, cell → class token, class token → itself
/// @return       [1, heads, 1 + N, 1 + N] to add to the attention's logits; differentiable
/// @throws InvalidArgument  another shape
torch::Tensor relative_position_bias(const torch::Tensor& table, TokenGrid from, TokenGrid to);

}  // namespace dmf::translate
