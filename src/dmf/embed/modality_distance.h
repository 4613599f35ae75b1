#pragma once
#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace dmf::embed {

/// Vectors of one modality and whose they are.
struct ModalityVectors {
  torch::Tensor vectors;            ///< [N, D] float32
  std::vector<int64_t> identities;  ///< [N]
};

/// How far texts are from images (Fig. 3 of the paper), as Euclidean distance of unit vectors, 0 … 2.
struct ModalityDistance {
  double same = 0;  ///< mean over identities of the mean over their image-text pairs: the paper's D before, d
                    ///< after translation
  double other = 0;  ///< the same for pairs of an identity's texts with everybody else's images
  /// 1: a text is no nearer to its own person's images than to others'. 0: it is where they are.
  double ratio() const { return other > 0 ? same / other : 0; }
};

/// Where the widths differ, as they do before translation, the narrower vectors are continued with zeros:
/// each modality keeps its own distances, and what coordinates the two share means nothing, which is what the
/// figure is to show.
/// @throws InvalidArgument  no identity that has both, or only one that has
ModalityDistance modality_distance(const ModalityVectors& images, const ModalityVectors& texts);

/// The two strongest directions of variation of all rows together.
/// @param vectors  [N, D] float32, N >= 2
/// @return         [N, 2] float32; the sign of each direction is such that its largest entry is positive
torch::Tensor principal_plane(const torch::Tensor& vectors);

/// Unit rows of both modalities below each other, the narrower continued with zeros: [N + M, D] float32.
torch::Tensor side_by_side(const torch::Tensor& images, const torch::Tensor& texts);

}  // namespace dmf::embed
