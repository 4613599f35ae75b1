#include "dmf/embed/modality_distance.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "dmf/core/error.h"

namespace dmf::embed {
namespace {

torch::Tensor widened(const torch::Tensor& vectors, int64_t width) {
  const torch::Tensor unit = vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
  return at::constant_pad_nd(unit, {0, width - vectors.size(1)});
}

torch::Tensor mask_of(const std::vector<int64_t>& identities, int64_t identity) {
  return torch::tensor(identities, torch::kInt64).eq(identity);
}

}  // namespace

torch::Tensor side_by_side(const torch::Tensor& images, const torch::Tensor& texts) {
  const int64_t width = std::max(images.size(1), texts.size(1));
  return at::cat({widened(images, width), widened(texts, width)});
}

ModalityDistance modality_distance(const ModalityVectors& images, const ModalityVectors& texts) {
  std::set<int64_t> both;
  const std::set<int64_t> pictured(images.identities.begin(), images.identities.end());
  for (const int64_t identity : texts.identities) {
    if (pictured.contains(identity)) both.insert(identity);
  }
  DMF_CHECK(both.size() >= 2, InvalidArgument,
            "distance of images and texts: expected at least two identities that have both, got {}",
            both.size());
  const torch::Tensor all = side_by_side(images.vectors, texts.vectors);
  const int64_t count = images.vectors.size(0);
  const torch::Tensor distances = at::cdist(all.slice(0, count), all.slice(0, 0, count));  // texts x images
  ModalityDistance result;
  for (const int64_t identity : both) {
    const torch::Tensor rows = distances.index({mask_of(texts.identities, identity)});
    const torch::Tensor own = mask_of(images.identities, identity);
    result.same += rows.index_select(1, own.nonzero().squeeze(1)).mean().item<double>();
    result.other += rows.index_select(1, own.logical_not().nonzero().squeeze(1)).mean().item<double>();
  }
  result.same /= static_cast<double>(both.size());
  result.other /= static_cast<double>(both.size());
  return result;
}

torch::Tensor principal_plane(const torch::Tensor& vectors) {
  DMF_CHECK(vectors.dim() == 2 && vectors.size(0) >= 2, InvalidArgument,
            "principal plane: expected at least two vectors");
  const torch::Tensor centred = vectors - vectors.mean(0, /*keepdim=*/true);
  const auto [left, sizes, right] = at::linalg_svd(centred, /*full_matrices=*/false);
  torch::Tensor plane = centred.mm(right.slice(0, 0, 2).t());
  if (plane.size(1) < 2) plane = at::constant_pad_nd(plane, {0, 2 - plane.size(1)});
  const torch::Tensor largest = plane.gather(0, plane.abs().argmax(0, /*keepdim=*/true));
  return plane * at::where(largest < 0, -1.0, 1.0);
}

}  // namespace dmf::embed
