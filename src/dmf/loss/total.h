#pragma once
#include <torch/types.h>

#include "dmf/loss/triplet.h"

namespace dmf::loss {

/// Options of the losses: table [loss] of the configuration.
struct LossOptions {
  double identity_weight = 1.0;
  double triplet_weight = 1.0;
  double label_smoothing = 0.1;
  TripletOptions triplet{};
  std::string triplet_partners = "images";

  template <class Visitor>
  void visit(Visitor& v) {
    v("identity_weight", identity_weight, Range<double>{0.0, 100.0}, "factor of the identity loss in Eq. 2");
    v("triplet_weight", triplet_weight, Range<double>{0.0, 100.0}, "factor of the triplet loss in Eq. 2");
    v("label_smoothing", label_smoothing, Range<double>{0.0, 0.9},
      "identity loss: mass given evenly to all identities");
    triplet.visit(v);
    v("triplet_partners", triplet_partners, Choices{{"all", "images"}},
      "what an anchor's positive and negative are chosen from: images and texts alike, or images alone");
  }
};

/// The parts of Eq. 2 and their sum; each is [] and differentiable.
struct Losses {
  torch::Tensor total, identity, triplet;
};

/// Total loss (paper Eq. 2): L = identity_weight L_ID + triplet_weight L_Triplet. A part of weight 0 is not
/// computed and reads 0.
/// @param features  [B, D] global features, before BNNeck: the triplet loss' (Fig. 2)
/// @param logits    [B, C] of the features behind BNNeck: the identity loss'
/// @param labels    [B] int64, images and texts together
/// @param weights   [B] of the samples; undefined = all 1
/// @param is_image  [B] bool, for triplet_partners = "images"; undefined = all are images
/// @throws InvalidArgument  as the parts do
Losses total_loss(const torch::Tensor& features, const torch::Tensor& logits, const torch::Tensor& labels,
                  const torch::Tensor& weights, const LossOptions& options,
                  const torch::Tensor& is_image = {});

}  // namespace dmf::loss
