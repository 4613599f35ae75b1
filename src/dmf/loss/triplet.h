#pragma once
#include <torch/types.h>

#include <string>

#include "dmf/core/option_table.h"

namespace dmf::loss {

/// Options of the triplet loss, part of table [loss].
struct TripletOptions {
  std::string distance = "euclidean";
  bool normalise = false;
  double scale = 1.0;
  double margin = 0.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("distance", distance, Choices{{"squared", "euclidean"}},
      "of the triplet loss: squared as Eq. 1 is printed, or plain Euclidean as in TransReID");
    v("normalise", normalise, "triplet loss on features of unit length");
    v("scale", scale, Range<double>{1e-3, 1e3}, "factor of the triplet loss' distances");
    v("margin", margin, Range<double>{-100.0, 100.0}, "added inside the soft margin; Eq. 1 has none");
  }
};

/// Soft-margin triplet loss, batch-hard over all samples, of whatever modality: each anchor against its
/// farthest positive and its nearest negative.
///
/// Source: paper Eq. 1; Hermans et al. 2017, arXiv:1703.07737, "Batch Hard" and "soft margin".
///   L = sum_i w_i log(1 + exp(margin + scale (d(x_i, x_p) - d(x_i, x_n)))) / sum_i w_i,   d = |.|^2 or |.|
/// Distances of the chosen pairs are taken from differences, not from the Gram matrix that chooses them, so
/// that near pairs keep their digits.
///
/// @param features  [B, D] floating, any device; rows need not be unit length
/// @param labels    [B] int64, device of `features`
/// @param weights   [B] floating, >= 0, not all zero; undefined = all 1
/// @param partners  [B] bool: samples that may be an anchor's positive or negative; undefined = all. An
///                  anchor whose label has no other partner takes its positive from all samples
/// @return          [] of `features`' type (float32 for 16-bit features), >= 0, differentiable in `features`
/// @throws InvalidArgument  wrong shape or type; an anchor that has no other sample of its label, or none of
///                          another
/// @note O(B^2) memory. Euclidean distances have a gradient of zero where two features are equal.
torch::Tensor triplet_loss(const torch::Tensor& features, const torch::Tensor& labels,
                           const torch::Tensor& weights, const TripletOptions& options,
                           const torch::Tensor& partners = {});

}  // namespace dmf::loss
