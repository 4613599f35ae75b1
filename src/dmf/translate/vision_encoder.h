#pragma once
#include <memory>
#include <string>
#include <vector>

#include "dmf/translate/image_encoder.h"
#include "dmf/translate/vision_transformer.h"

namespace dmf::translate {

/// ImageEncoder of a vision transformer: v_j of Eq. 3 are the last layer's patch tokens.
///
/// Freeze points: "embeddings" stores the patches' projection [D, rows, columns]; positions and class token
/// are added behind it, so that a map flipped or moved on its grid is still read in its places. "blockN" (1 …
/// number of blocks) stores that block's output; class, distillation and register tokens lie in rows below
/// the grid (extra_rows()). "all" stores the tokens themselves. A bias table that all blocks share is trained
/// where all blocks are, and else frozen.
class VisionEncoder : public ImageEncoder {
 public:
  /// @param tensors  all of vision_tensors(config), float32
  /// @param options  `freeze` may be empty: "all" then
  VisionEncoder(const ImageEncoderOptions& options, const VisionConfig& config,
                weights::NamedTensors tensors);

  Normalisation normalisation() const override { return net_.config().normalisation; }
  torch::Tensor frozen(const torch::Tensor& normalised) const override;
  torch::Tensor trained(const torch::Tensor& stored, bool training) const override;
  std::vector<int64_t> stored_sizes() const override;
  int64_t extra_rows() const override;
  TokenGrid grid() const override { return net_.grid(); }
  int64_t token_width() const override { return net_.config().width; }
  std::vector<std::string> trained_names() const override;
  std::string fingerprint() const override;

  const VisionTransformer& network() const { return net_; }
  /// How much lies below the freeze point; kBlocks: the patches, and frozen_blocks() blocks.
  enum class Cut { kNothing, kProjection, kBlocks, kAll };
  Cut cut() const { return cut_; }
  int64_t frozen_blocks() const { return frozen_blocks_; }

 private:
  torch::Tensor frozen_batch(const torch::Tensor& normalised) const;
  torch::Tensor to_map(const torch::Tensor& sequence) const;
  torch::Tensor to_sequence(const torch::Tensor& map) const;
  void read_freeze_point();
  bool is_trained(const std::string& name) const;

  VisionTransformer net_;
  Cut cut_ = Cut::kAll;
  int64_t frozen_blocks_ = 0;
};

/// Makes a VisionEncoder from a checkpoint, or from a model file's tensors; see make_image_encoder.
/// @param given  null: read options.weights (file or folder)
std::shared_ptr<ImageEncoder> make_vision_encoder(const ImageEncoderOptions& options,
                                                  const weights::NamedTensors* given);

}  // namespace dmf::translate
