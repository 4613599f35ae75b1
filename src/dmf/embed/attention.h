#pragma once
#include <torch/types.h>

#include <string>
#include <vector>

#include "dmf/embed/embedder.h"

namespace dmf::embed {

/// What makes two images similar.
struct PairMaps {
  double similarity = 0;         ///< cosine
  torch::Tensor query, gallery;  ///< [rows, columns] float32: what each patch adds to it
};

/// Which patches a word looks at.
struct WordMap {
  std::string word;   ///< a key word with its qualities: "red coat"
  double gain = 0;    ///< cosine of image and text with the word, less that without it
  torch::Tensor map;  ///< [rows, columns] float32: what each patch adds to the gain
};

/// Where a model looks: a number for each patch of an image.
///
///   const AttentionMaps maps(embedder);
///   torch::Tensor map = maps.eigen_cam(pixels);          // [B, rows, columns]
///   PairMaps pair = maps.pair(query, gallery);           // which patches make them similar
///
/// Images are [B, 3, H, W] uint8 RGB of the model's size (pair(), words(): [3, H, W]); maps are float32 on
/// the CPU, computed in float32. A patch stands for its token v_j (Eq. 3); an encoder has looked beyond the
/// patch's edge, so that a map is no sharper than that.
class AttentionMaps {
 public:
  /// @param embedder  must outlive this
  explicit AttentionMaps(const Embedder& embedder) : embedder_(embedder) {}

  /// Eigen-CAM (Muhammad and Yeasin 2020, arXiv:2008.00299): the tokens that enter the last block, along
  /// their strongest direction (first right singular vector, not centred; its sign makes the map's sum
  /// positive).
  torch::Tensor eigen_cam(const torch::Tensor& pixels) const;

  /// Attention rollout (Abnar and Zuidema 2020, arXiv:2005.00928): the shares of attention, averaged over
  /// heads, half of each block's being its residual connection, multiplied from block to block; the class
  /// token's row. What a pooled class token (model.class_token) has of all patches alike is not in it.
  /// @return  >= 0; a map's sum is at most 1
  torch::Tensor rollout(const torch::Tensor& pixels) const;

  /// What each patch adds to the product of an image's embedding and a direction: integrated gradients
  /// (Sundararajan et al. 2017, arXiv:1703.01365) of the tokens, from an image all of whose patches are its
  /// mean patch. The sum of a map is the product less that of the mean patch.
  /// @param directions  [B, D]
  torch::Tensor toward(const torch::Tensor& pixels, const torch::Tensor& directions) const;

  /// toward() the other image's embedding, both ways.
  PairMaps pair(const torch::Tensor& query, const torch::Tensor& gallery) const;

  /// For each piece of a sentence (Embedder::pieces) toward() what the piece changes: the embedding of the
  /// whole text less that of the text without it. A text of one piece is compared with "person".
  /// @throws InvalidArgument  the model reads no texts; a sentence without a word
  std::vector<WordMap> words(const torch::Tensor& pixels, const std::string& sentence) const;

  /// [B, D] unit rows, in float32.
  torch::Tensor embeddings(const torch::Tensor& pixels) const;

 private:
  torch::Tensor tokens(const torch::Tensor& pixels) const;
  torch::Tensor laid_out(const torch::Tensor& patches) const;

  const Embedder& embedder_;
};

}  // namespace dmf::embed
