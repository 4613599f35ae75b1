#pragma once
#include <torch/types.h>

#include <functional>

namespace dmf::fuse {

/// The value of `work(input)`, of which nothing is kept for the backward pass but `input`: there the work is
/// done once more, with the same random draws and in the same precision, and its gradients are taken from
/// that. Saves the memory of what lies between, costs one more forward pass.
///
/// Source: Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174.
/// @param work   function of `input`, and of leaves that collect their gradients, alone; called a second time
///   during the backward pass, so what it refers to must live until then
/// @param input  differentiable
/// @note Only through Tensor::backward (gradients are added to leaves), not through autograd::grad.
torch::Tensor recomputed(std::function<torch::Tensor(const torch::Tensor&)> work, const torch::Tensor& input);

}  // namespace dmf::fuse
