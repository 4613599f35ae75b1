#include "dmf/loss/total.h"

#include "dmf/loss/identity.h"

namespace dmf::loss {

Losses total_loss(const torch::Tensor& features, const torch::Tensor& logits, const torch::Tensor& labels,
                  const torch::Tensor& weights, const LossOptions& options) {
  Losses losses;
  const torch::Tensor nothing = at::zeros({}, features.options().dtype(torch::kFloat32));
  losses.identity = options.identity_weight == 0
                        ? nothing
                        : identity_loss(logits, labels, weights, options.label_smoothing);
  losses.triplet =
      options.triplet_weight == 0 ? nothing : triplet_loss(features, labels, weights, options.triplet);
  losses.total = options.identity_weight * losses.identity + options.triplet_weight * losses.triplet;
  return losses;
}

}  // namespace dmf::loss
