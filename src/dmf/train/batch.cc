#include "dmf/train/batch.h"

namespace dmf::train {

Batch Batch::to(const torch::Device& device) const {
  const auto move = [&](const torch::Tensor& x) { return x.defined() ? x.to(device) : x; };
  return {move(images), {move(texts.tokens), move(texts.mask)}, move(labels), move(weights)};
}

torch::Tensor Batch::is_image() const {
  return at::arange(samples(), labels.options()) < (images.defined() ? images.size(0) : 0);
}

}  // namespace dmf::train
