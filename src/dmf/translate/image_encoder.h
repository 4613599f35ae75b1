#pragma once
#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dmf/core/option_table.h"
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

  template <class Visitor>
  void visit(Visitor& v) {
    v("name", name, Choices{{"efficientnet-lite0", "efficientnet-lite2", "resnet50"}},
      "pre-trained image encoder");
    v("weights", weights, "file of its weights (safetensors or PyTorch); empty = the installed package's");
    v("freeze", freeze,
      "freeze point: the last frozen stage (EfficientNet stem, stage1 … stage7, head; ResNet stem, layer1 … "
      "layer4), all or none; empty = stage5 or layer3");
    v("level", level, Choices{{"16", "32", "16+32"}},
      "stride of the feature map whose cells are the tokens; 16+32 = each 2 x 2 cells of stride 16 with "
      "their cell of stride 32");
    v("height", height, Range<int64_t>{32, 4096},
      "pixels the image is resized to, a multiple of 32 (Section IV-B: 256)");
    v("width", width, Range<int64_t>{32, 4096},
      "pixels the image is resized to, a multiple of 32 (Section IV-B: 128)");
    v("head", head, "EfficientNet: whether its last, 1280 wide, 1 x 1 convolution is part of the encoder");
    v("batch_norm", batch_norm, Choices{{"running", "batch"}},
      "statistics of the trained part's batch norms in training: running = as pre-trained, fixed (their "
      "weights and "
      "biases still learn); batch = of each batch, the running ones follow");
  }
};

/// Rows and columns of a token grid.
struct TokenGrid {
  int64_t rows, columns;
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
  virtual torch::Tensor normalise(const torch::Tensor& pixels) const = 0;

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
  /// and
  ///                  updates the running ones (momentum 0.1); else, and with false, it uses the running
  ///                  ones. Every way all trained tensors get gradients.
  /// @return          [B, N, D_i] of the type of the computation; differentiable in the trained tensors
  virtual torch::Tensor trained(const torch::Tensor& stored, bool training) const = 0;

  /// {C, h, w} of frozen()'s result.
  virtual std::vector<int64_t> stored_sizes() const = 0;
  /// N = rows x columns.
  virtual TokenGrid grid() const = 0;
  int64_t token_count() const { return grid().rows * grid().columns; }
  /// D_i.
  virtual int64_t token_width() const = 0;

  /// All tensors by the checkpoint's own names, float32; a model file that keeps them all can make the
  /// encoder anew
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

  ImageEncoderOptions options_;
  weights::NamedTensors tensors_;
};

/// Makes an encoder from its weights file, or from the tensors of a model file.
///
/// @param given  null: read options.weights (or the installed package's file). Else all of an encoder's
/// tensors().
/// @throws InvalidArgument  unknown name, freeze point or level; height or width not a multiple of 32
/// @throws DataError        no such file or package; missing, misshaped or unused tensors, all in one message
std::shared_ptr<ImageEncoder> make_image_encoder(const ImageEncoderOptions& options,
                                                 const weights::NamedTensors* given = nullptr);

/// Options for what a user names on the command line: an encoder's name, a weights file, or a folder that
/// holds one. A file's architecture is recognised by its tensors.
/// @throws DataError  neither a name nor a file of a known architecture
ImageEncoderOptions image_encoder_options(const std::string& name_or_path);

}  // namespace dmf::translate
