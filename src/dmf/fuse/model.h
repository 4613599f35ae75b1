#pragma once
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "dmf/fuse/model_options.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/weights/tensors.h"

namespace dmf::fuse {

/// What the names of an encoder's tensors begin with inside a model.
inline constexpr const char* kImageEncoderPrefix = "image.encoder.";
inline constexpr const char* kTextEncoderPrefix = "text.encoder.";

/// What gives a model's text tokens: an encoder, or someone outside who hands over tokens of `width` numbers.
struct TextBranch {
  std::shared_ptr<translate::TextEncoder> encoder;
  int64_t width = 0;  ///< D_t; 0 = a model without the text branch

  TextBranch(int64_t tokens_width) : width(tokens_width) {}
  /// @param text_encoder  its trained tensors become parameters of the model; null = no text branch
  template <class Encoder>
  TextBranch(std::shared_ptr<Encoder> text_encoder)
      : encoder(std::move(text_encoder)), width(encoder == nullptr ? 0 : encoder->width()) {}
};

/// Of the batch norm of image tokens: mean and biased variance, [D_i] float32, differentiable.
struct TokenStatistics {
  torch::Tensor mean, variance;
};

/// DMF (paper Fig. 2, Eq. 3-5): two modality-specific translations, one shared vision transformer, BNNeck.
///
///   DmfModel model(options, image_encoder, text_encoder, identities, seed);
///   auto images = model.forward_image(stored, true);       // v_i = [v_cls, F(v_1) … F(v_N)] + p_i
///   auto texts = model.forward_text(stored_texts, true);   // v_t = [t_cls, L(t_1) … L(t_T)] + p_t
///   auto features = at::cat({images, texts});              // samples of both modalities are independent
///   auto logits = model.classify(model.neck(features, true));
///
/// The model is functions over named tensors: image.encoder.* (the encoder's own),
/// image.projection.{weight,bias}, image.class_token, image.position, the same for text.* (of its encoder the
/// trained ones),
/// transformer.N.{norm1,attn.qkv,attn.proj,norm2,mlp.fc1,mlp.fc2}.*, transformer.norm.*, neck.*,
/// classifier.weight. Tensors are shared, not copied: a copy of the model is the same model. One thread may
/// train; several may run forward with training = false at the same time.
class DmfModel {
 public:
  /// Makes a model with fresh weights (the encoder keeps its pre-trained ones).
  /// @param image_encoder  not null; its trained tensors become parameters of this model
  /// @param text           the text branch: an encoder, or the width of tokens given ready, or 0 for none
  /// @param identities     classes of the identity loss, >= 1
  /// @param seed           of the initialisation
  /// @throws InvalidArgument where options do not fit
  DmfModel(const ModelOptions& options, std::shared_ptr<translate::ImageEncoder> image_encoder,
           TextBranch text, int64_t identities, uint64_t seed);

  /// Image translation (Eq. 3, 4) and the shared transformer.
  /// @param stored  [B, C, h, w] any floating type: ImageEncoder::frozen's output, on the model's device
  /// @return        [B, D] float32: the global feature, the class token's output
  torch::Tensor forward_image(const torch::Tensor& stored, bool training) const;

  /// The two halves of forward_image, for who needs what lies between: the encoder's trained part, and all
  /// behind it.
  /// @return  [B, N, D_i] v_j of Eq. 3
  torch::Tensor image_tokens(const torch::Tensor& stored, bool training) const;
  /// @param tokens      [B, N, D_i]
  /// @param statistics  of the batch norm of tokens; null: in training the statistics of `tokens`, which the
  ///   running ones follow, else the running ones
  torch::Tensor forward_tokens(const torch::Tensor& tokens, bool training,
                               const TokenStatistics* statistics = nullptr) const;
  /// Whether image tokens pass through a batch norm: then samples of a batch depend on each other in
  /// training.
  bool normalises_tokens_by_batch() const;
  /// Lets the running statistics of that batch norm follow a batch's, as a forward pass in training does.
  /// @param count  tokens that the statistics are of
  void follow_token_statistics(const TokenStatistics& statistics, int64_t count);

  /// Text translation (Eq. 5) and the shared transformer. Texts keep their own length: padding is masked out.
  /// @param stored  TextEncoder::frozen's output, on the model's device; without an encoder tokens
  ///   [B, T, D_t] floating, mask [B, T] bool (true = word). Words behind max_text_length are cut
  /// @return       [B, D] float32: the global feature
  /// @throws InvalidArgument where the model has no text branch
  torch::Tensor forward_text(const translate::TextTokens& stored, bool training) const;

  /// BNNeck: batch norm whose bias is not trained (Luo et al. 2019; Fig. 2's "BN").
  /// @param features  [B, D] float32, samples of both modalities together; in training B >= 2
  /// @return          [B, D] float32; training uses batch statistics and updates the running ones
  torch::Tensor neck(const torch::Tensor& features, bool training) const;

  /// Identity logits [B, identities] of BNNeck's output [B, D]; the classifier has no bias.
  torch::Tensor classify(const torch::Tensor& normalised) const;

  /// What is compared at test: `features` [B, D] before or after BNNeck as the option says, each row of unit
  /// length.
  torch::Tensor embedding(const torch::Tensor& features) const;

  /// From pixels to embeddings: normalise, frozen part, trained part, transformer. Inference only.
  /// @param pixels  [B, 3, H, W] uint8 RGB
  /// @return        [B, D] float32, unit rows
  torch::Tensor embed_images(const torch::Tensor& pixels) const;

  /// From what forward_text takes to embeddings [B, D] float32, unit rows. Inference only.
  torch::Tensor embed_texts(const translate::TextTokens& stored) const;

  /// Takes the average style of maps [B, C, h, w] of the training set as what style_blend moves to (see the
  /// option).
  /// @throws InvalidArgument  style_blend is 0
  void set_average_style(const torch::Tensor& stored);
  /// Whether style_blend is used and its average is not known yet: before the first training.
  bool needs_average_style() const;

  /// New BNNeck and classifier for another set of identities.
  void reset_head(int64_t identities, uint64_t seed);

  /// Every tensor by its full name, handles, not copies: the image encoder's included (frozen ones too), of
  /// the text encoder's those that are trained.
  weights::NamedTensors tensors() const;
  /// The tensors that training changes by gradient (they require one).
  weights::NamedTensors parameters() const;
  /// Copies the values of `values` into the tensors of the same name.
  /// @throws InvalidArgument naming every missing, unknown or misshaped tensor
  void assign(const weights::NamedTensors& values);
  /// Moves all tensors to `device`.
  void to(const torch::Device& device);

  const ModelOptions& options() const { return options_; }
  const std::shared_ptr<translate::ImageEncoder>& image_encoder() const { return image_encoder_; }
  bool has_text() const { return text_.width > 0; }
  int64_t text_width() const { return text_.width; }
  int64_t identities() const { return identities_; }
  torch::Device device() const;

 private:
  torch::Tensor class_token(const std::string& modality, const torch::Tensor& projected,
                            const torch::Tensor& mask) const;
  torch::Tensor blend_style(const torch::Tensor& stored) const;
  torch::Tensor project(const std::string& modality, const torch::Tensor& tokens, bool training,
                        const TokenStatistics* statistics = nullptr) const;
  torch::Tensor transform(const std::string& modality, const torch::Tensor& projected,
                          const torch::Tensor& mask, bool training) const;
  void mark_parameters();

  ModelOptions options_;
  std::shared_ptr<translate::ImageEncoder> image_encoder_;
  TextBranch text_;
  int64_t identities_;
  weights::NamedTensors own_;  // all but the encoders'
};

}  // namespace dmf::fuse
