#include "dmf/loss/identity.h"

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::loss {

torch::Tensor identity_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                            const torch::Tensor& weights, double smoothing) {
  check_shape(logits, {kAnySize, kAnySize}, "identity_loss", "logits");
  check_shape(labels, {logits.size(0)}, "identity_loss", "labels");
  check_type(labels, torch::kInt64, "identity_loss", "labels");
  DMF_CHECK(logits.size(0) > 0, InvalidArgument,
            "[identity_loss] logits: expected at least one sample, got none");
  const int64_t classes = logits.size(1);
  const int64_t lowest = labels.min().item<int64_t>();
  const int64_t highest = labels.max().item<int64_t>();
  DMF_CHECK(lowest >= 0 && highest < classes, InvalidArgument,
            "[identity_loss] labels: expected 0 … {}, got {} … {}", classes - 1, lowest, highest);

  const bool is_half = logits.element_size() < 4;
  const torch::Tensor log_p = at::log_softmax(is_half ? logits.to(torch::kFloat32) : logits, 1);
  const torch::Tensor right = log_p.gather(1, labels.unsqueeze(1)).squeeze(1);        // [B]
  const torch::Tensor loss = -(1.0 - smoothing) * right - smoothing * log_p.mean(1);  // [B]
  if (!weights.defined()) return loss.mean();
  check_shape(weights, {logits.size(0)}, "identity_loss", "weights");
  return (loss * weights).sum() / weights.sum();
}

}  // namespace dmf::loss
