#pragma once
#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dmf/core/option_table.h"
#include "dmf/translate/normalisation.h"
#include "dmf/translate/token_grid.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// Options of the image translator's pre-trained encoder (paper, Section III-B).
struct ImageEncoderOptions {
  std::string name = "efficientnet-lite0";
  std::string weights{};
  std::string freeze{};
  std::string level = "16+32";
  int64_t height = 256, width = 128;
  bool head = false;
  std::string batch_norm = "running";
  std::string normalisation = "auto";
  int64_t heads = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("name", name,
      Choices{{"efficientnet-lite0", "efficientnet-lite2", "resnet50", "data2vec-vision", "vit", "dinov2"}},
      "pre-trained image encoder; vit is ViT and DeiT");
    v("weights", weights,
      "its weights: a file (safetensors or PyTorch) or a checkpoint folder, single or sharded; empty = the "
      "installed package's");
    v("freeze", freeze,
      "freeze point, the last frozen part: EfficientNet stem, stage1 … stage7, head; ResNet stem, layer1 … "
      "layer4; vision transformers embeddings, block1 … the last block; or all or none; empty = stage5, "
      "layer3 "
      "or all");
    v("level", level, Choices{{"16", "32", "16+32"}},
      "convolutional encoders: stride of the feature map whose cells are the tokens; 16+32 = each 2 x 2 "
      "cells "
      "of stride 16 with their cell of stride 32");
    v("height", height, Range<int64_t>{32, 4096},
      "pixels the image is resized to (Section IV-B: 256): a multiple of 32 for convolutional encoders; of a "
      "vision transformer whole patches are read, the rest at the bottom is left out");
    v("width", width, Range<int64_t>{32, 4096},
      "pixels the image is resized to (Section IV-B: 128), as height");
    v("head", head, "EfficientNet: whether its last, 1280 wide, 1 x 1 convolution is part of the encoder");
    v("batch_norm", batch_norm, Choices{{"running", "batch"}},
      "statistics of the trained part's batch norms in training: running = as pre-trained, fixed (their "
      "weights and "
      "biases still learn); batch = of each batch, the running ones follow");
    v("normalisation", normalisation, Choices{{"auto", "imagenet", "half"}},
      "vision transformers, of pixels / 255: imagenet = ImageNet's mean and deviation, half = 0.5 and 0.5; "
      "auto "
      "= as preprocessor_config.json or timm's config.json in the folder says, else half for data2vec-vision "
      "and vit, imagenet for DINOv2 and distilled DeiT");
    v("heads", heads, Range<int64_t>{0, 128},
      "vision transformers of timm's names, whose tensors do not tell it: attention heads; 0 = as published "
      "for their width");
  }
};

/// A pre-trained image encoder, cut in two at its freeze point: what is below is frozen, so that its output
/// can be stored once (token_store.h); what is above is trained with the model from its pre-trained weights.
///
///   auto encoder = make_image_encoder({.name = "efficientnet-lite0"});
///   auto stored = encoder->frozen(encoder->normalise(pixels));   // once an image
///   auto tokens = encoder->trained(stored, true);                // v_j of Eq. 3, differentiable
///
/// Where the cut is does not change the result. frozen() and trained(…, false) may be called from several
/// threads. Nothing is resized here: pixels come in the options' height and width.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;

  /// Pixels as the encoder's pre-training had them.
  /// @param pixels  [B, 3, H, W] uint8, RGB, any device
  /// @return        [B, 3, H, W] float32, channels-last
  virtual torch::Tensor normalise(const torch::Tensor& pixels) const;
  /// What normalise() does to each pixel.
  virtual Normalisation normalisation() const = 0;

  /// Everything up to the freeze point, for inference only: batch norm folded into the convolutions,
  /// channels-last. Computed in the caller's PrecisionScope (bfloat16 inside one, else float32), on the
  /// tensors' device.
  ///
  /// @param normalised  [B, 3, H, W] float32, from normalise()
  /// @return            [B, C, h, w] of the type of the computation (stored_sizes() = {C, h, w}); no
  /// gradient.
  ///   Its channels are the map at the freeze point; where the level also needs the stride-16 map and that
  ///   lies below the freeze point, its 2 x 2 gathered cells (4 C16 channels, channel c of cell (i, j) at 4 c
  ///   + 2 i + j) come first. Freeze point "none" gives back its input.
  virtual torch::Tensor frozen(const torch::Tensor& normalised) const = 0;

  /// Everything above the freeze point, and the cells of the map as tokens, row by row.
  ///
  /// @param stored    [B, C, h, w] floating, from frozen(), same device as the tensors
  /// @param training  true: where the option batch_norm says "batch", batch norm uses the batch's statistics
  ///                  and updates the running ones (momentum 0.1); else, and with false, it uses the running
  ///                  ones. Every way all trained tensors get gradients.
  /// @return          [B, N, D_i] of the type of the computation; differentiable in the trained tensors
  virtual torch::Tensor trained(const torch::Tensor& stored, bool training) const = 0;

  /// {C, h, w} of frozen()'s result.
  virtual std::vector<int64_t> stored_sizes() const = 0;
  /// How many of the h rows, the last ones, are no cells of the picture: a vision transformer's class,
  /// register and distillation tokens, padded with zeros. What changes a map on its grid leaves them alone
  /// (change_cells).
  virtual int64_t extra_rows() const { return 0; }
  /// N = rows x columns.
  virtual TokenGrid grid() const = 0;
  int64_t token_count() const { return grid().rows * grid().columns; }
  /// D_i.
  virtual int64_t token_width() const = 0;

  /// All tensors by the checkpoint's own names (without a prefix that all of them carry), float32; a model
  /// file that keeps them all can make the encoder anew
  /// (`given` of make_image_encoder): what else it must know (normalisation, stride placement) is among them
  /// as the bytes of a JSON text, "encoder.json" [length] uint8. Values and devices may be changed; names may
  /// not.
  weights::NamedTensors& tensors() { return tensors_; }
  const weights::NamedTensors& tensors() const { return tensors_; }
  /// Names of the tensors above the freeze point that gradients change (they require one). Running statistics
  /// above it change too, without gradients: a checkpoint keeps all of tensors().
  virtual std::vector<std::string> trained_names() const = 0;

  /// SHA-256 of all that frozen() depends on: frozen tensors, architecture, sizes, normalisation. Stores of
  /// equal fingerprints hold the same numbers.
  virtual std::string fingerprint() const = 0;
  /// Options as used: `freeze` is filled in.
  const ImageEncoderOptions& options() const { return options_; }

 protected:
  ImageEncoder(ImageEncoderOptions options, weights::NamedTensors tensors)
      : options_(std::move(options)), tensors_(std::move(tensors)) {}

  /// `compute` of some images at a time: larger batches leave a CPU's cache (bench/README.md).
  static torch::Tensor in_batches(const torch::Tensor& images,
                                  const std::function<torch::Tensor(const torch::Tensor&)>& compute);

  ImageEncoderOptions options_;
  weights::NamedTensors tensors_;
};

/// Applies `change` to the cells of stored maps, and leaves the rows below them as they are.
/// @param stored      [B, C, h, w], from ImageEncoder::frozen or a token store
/// @param extra_rows  ImageEncoder::extra_rows()
/// @param change      keeps shape and type; gets [B, C, h - extra_rows, w]
torch::Tensor change_cells(const torch::Tensor& stored, int64_t extra_rows,
                           const std::function<torch::Tensor(const torch::Tensor&)>& change);

/// Makes an encoder from its weights file, or from the tensors of a model file.
///
/// @param given  null: read options.weights (or the installed package's file). Else all of an encoder's
/// tensors().
/// @throws InvalidArgument  unknown name, freeze point or level; height or width that the encoder cannot read
/// @throws DataError        no such file or package; weights of another architecture: what they are, and
///                          which option reads them; missing, misshaped or unused tensors, all in one message
std::shared_ptr<ImageEncoder> make_image_encoder(const ImageEncoderOptions& options,
                                                 const weights::NamedTensors* given = nullptr);

/// Options for what a user names on the command line: an encoder's name, a weights file, or a checkpoint
/// folder. The architecture is recognised by config.json, else by the tensors.
/// @throws DataError  neither a name nor a file of a known architecture
ImageEncoderOptions image_encoder_options(const std::string& name_or_path);

}  // namespace dmf::translate
