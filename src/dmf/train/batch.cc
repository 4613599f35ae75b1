#include "dmf/train/batch.h"

namespace dmf::train {

Batch Batch::to(const torch::Device& device) const {
  const auto move = [&](const torch::Tensor& x) { return x.defined() ? x.to(device) : x; };
  return {move(images), {move(texts.tokens), move(texts.mask)}, move(labels), move(weights)};
}

}  // namespace dmf::train
