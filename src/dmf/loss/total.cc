#include "dmf/loss/total.h"

#include "dmf/loss/identity.h"

namespace dmf::loss {

Losses total_loss(const torch::Tensor& features, const torch::Tensor& logits, const torch::Tensor& labels,
                  const torch::Tensor& weights, const LossOptions& options, const torch::Tensor& is_image) {
  Losses losses;
  const torch::Tensor nothing = at::zeros({}, features.options().dtype(torch::kFloat32));
  losses.identity = options.identity_weight == 0
                        ? nothing
                        : identity_loss(logits, labels, weights, options.label_smoothing);
  const torch::Tensor partners = options.triplet_partners == "images" ? is_image : torch::Tensor();
  losses.triplet = options.triplet_weight == 0
                       ? nothing
                       : triplet_loss(features, labels, weights, options.triplet, partners);
  losses.total = options.identity_weight * losses.identity + options.triplet_weight * losses.triplet;
  return losses;
}

}  // namespace dmf::loss
