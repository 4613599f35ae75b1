#pragma once
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "dmf/translate/image_encoder.h"

namespace dmf::test {

/// An image encoder small enough to work out: nothing is frozen, the trained part is relu(batch norm(1 x 1
/// convolution)) of a [C, rows, columns] map, as wide as the map is deep.
class TinyEncoder : public translate::ImageEncoder {
 public:
  TinyEncoder(int64_t channels, translate::TokenGrid grid)
      : ImageEncoder({}, {{"conv.weight", at::eye(channels).view({channels, channels, 1, 1})},
                          {"norm.weight", at::ones({channels})},
                          {"norm.bias", at::zeros({channels})},
                          {"norm.running_mean", at::zeros({channels})},
                          {"norm.running_var", at::ones({channels})}}),
        channels_(channels),
        grid_(grid) {}

  torch::Tensor normalise(const torch::Tensor& pixels) const override {
    return pixels.to(torch::kFloat32) / 255;  // of any size and any number of channels
  }
  translate::Normalisation normalisation() const override { return {{0, 0, 0}, {1, 1, 1}}; }
  torch::Tensor frozen(const torch::Tensor& normalised) const override { return normalised; }
  torch::Tensor trained(const torch::Tensor& stored, bool training) const override {
    const torch::Tensor mixed = at::conv2d(stored.to(torch::kFloat32), tensors_.at("conv.weight"));
    const torch::Tensor y = at::batch_norm(mixed, tensors_.at("norm.weight"), tensors_.at("norm.bias"),
                                           tensors_.at("norm.running_mean"), tensors_.at("norm.running_var"),
                                           training, 0.1, 1e-5, false);
    return y.relu().flatten(2).transpose(1, 2);  // [B, N, C]
  }
  std::vector<int64_t> stored_sizes() const override { return {channels_, grid_.rows, grid_.columns}; }
  translate::TokenGrid grid() const override { return grid_; }
  int64_t token_width() const override { return channels_; }
  std::vector<std::string> trained_names() const override {
    return {"conv.weight", "norm.weight", "norm.bias"};
  }
  std::string fingerprint() const override { return "tiny"; }

 private:
  int64_t channels_;
  translate::TokenGrid grid_;
};

/// Without the batch norm of the tiny encoder, whose statistics would be those of a part of a batch.
class FixedNormEncoder : public TinyEncoder {
 public:
  using TinyEncoder::TinyEncoder;
  torch::Tensor trained(const torch::Tensor& stored, bool) const override {
    return TinyEncoder::trained(stored, false);
  }
};

}  // namespace dmf::test
