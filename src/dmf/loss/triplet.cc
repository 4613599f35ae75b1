#include "dmf/loss/triplet.h"

#include <limits>

#include "dmf/core/error.h"
#include "dmf/core/shape.h"

namespace dmf::loss {
namespace {

/// Indices [B] of each anchor's farthest positive and nearest negative.
struct HardPairs {
  torch::Tensor positive, negative;
};

void check_every_anchor(const torch::Tensor& has_pair, const torch::Tensor& labels, const char* pair,
                        const char* hint) {
  if (has_pair.all().item<bool>()) return;
  const int64_t anchor = at::argmin(has_pair.to(torch::kInt64)).item<int64_t>();
  throw InvalidArgument(Expectation{
      "triplet_loss", fmt::format("anchor {} of label {}", anchor, labels[anchor].item<int64_t>()),
      fmt::format("another sample of {} label", pair), "none in the batch", hint}
                            .message());
}

/// `pairs` [B, B] with partners alone, but for anchors that have none of them.
torch::Tensor among(const torch::Tensor& pairs, const torch::Tensor& partners) {
  const torch::Tensor kept = pairs.logical_and(partners.unsqueeze(0));
  return at::where(kept.any(1, true), kept, pairs);
}

HardPairs hardest(const torch::Tensor& features, const torch::Tensor& labels, const torch::Tensor& partners) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = features.detach();
  const torch::Tensor square = x.square().sum(1);
  const torch::Tensor distance = square.unsqueeze(0) + square.unsqueeze(1) - 2 * x.matmul(x.t());  // [B, B]
  const torch::Tensor same = labels.unsqueeze(0) == labels.unsqueeze(1);
  const torch::Tensor self = at::eye(labels.size(0), same.options());
  torch::Tensor positive = same.logical_and(self.logical_not()), negative = same.logical_not();
  check_every_anchor(positive.any(1), labels, "the same",
                     "draw at least two samples of an identity (batch.samples)");
  check_every_anchor(negative.any(1), labels, "another", "draw at least two identities (batch.identities)");
  if (partners.defined()) {
    positive = among(positive, partners);
    negative = among(negative, partners);
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {distance.masked_fill(positive.logical_not(), -kInfinity).argmax(1),
          distance.masked_fill(negative.logical_not(), kInfinity).argmin(1)};
}

torch::Tensor pair_distance(const torch::Tensor& a, const torch::Tensor& b, const TripletOptions& options) {
  const torch::Tensor squared = (a - b).square().sum(1);
  if (options.distance == "squared") return squared;
  // The square root's slope is infinite at zero: below the floor the gradient is zero instead.
  return squared.clamp_min(1e-12).sqrt();
}

}  // namespace

torch::Tensor triplet_loss(const torch::Tensor& features, const torch::Tensor& labels,
                           const torch::Tensor& weights, const TripletOptions& options,
                           const torch::Tensor& partners) {
  check_shape(features, {kAnySize, kAnySize}, "triplet_loss", "features");
  check_shape(labels, {features.size(0)}, "triplet_loss", "labels");
  check_type(labels, torch::kInt64, "triplet_loss", "labels");
  DMF_CHECK(options.distance == "squared" || options.distance == "euclidean", InvalidArgument,
            "[triplet_loss] distance: expected squared or euclidean, got {}", options.distance);
  DMF_CHECK(features.size(0) > 0, InvalidArgument,
            "[triplet_loss] features: expected at least one sample, got none");

  if (partners.defined()) {
    check_shape(partners, {features.size(0)}, "triplet_loss", "partners");
    check_type(partners, torch::kBool, "triplet_loss", "partners");
  }
  torch::Tensor x = features.element_size() < 4 ? features.to(torch::kFloat32) : features;
  if (options.normalise) x = x / x.norm(2, {1}, true).clamp_min(1e-12);
  const HardPairs pairs = hardest(x, labels, partners);
  const torch::Tensor positive = pair_distance(x, x.index_select(0, pairs.positive), options);
  const torch::Tensor negative = pair_distance(x, x.index_select(0, pairs.negative), options);
  const torch::Tensor loss = at::softplus(options.margin + options.scale * (positive - negative));  // [B]
  if (!weights.defined()) return loss.mean();
  check_shape(weights, {features.size(0)}, "triplet_loss", "weights");
  return (loss * weights).sum() / weights.sum();
}

}  // namespace dmf::loss
