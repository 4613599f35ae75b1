#pragma once
#include <cstdint>
#include <string>

#include "dmf/core/option_table.h"

namespace dmf::fuse {

/// Options of the model: table [model] of the configuration, kept in the model file.
struct ModelOptions {
  int64_t width = 384;
  int64_t depth = 2;
  int64_t heads = 8;
  double mlp_ratio = 2.0;
  std::string initial{};
  double dropout = 0.0;
  double drop_path = 0.0;
  bool recompute = false;
  std::string class_token = "pooled";
  double residual_init = 0.0;
  std::string projection_init = "orthogonal";
  double position_init = 0.02;
  std::string normalise_tokens = "batch";
  double style_blend = 0.75;
  std::string final_norm = "none";
  std::string feature = "after";
  int64_t max_text_length = 64;

  template <class Visitor>
  void visit(Visitor& v) {
    v("width", width, Range<int64_t>{8, 8192},
      "D: numbers of a token and of the feature; a multiple of `heads`");
    v("depth", depth, Range<int64_t>{1, 48}, "blocks of the shared transformer");
    v("heads", heads, Range<int64_t>{1, 128}, "attention heads of a block");
    v("mlp_ratio", mlp_ratio, Range<double>{0.25, 16.0}, "hidden width of a block's MLP, in widths");
    v("initial", initial,
      "ViT or DeiT checkpoint (timm's or TransReID's names) whose first `depth` blocks the shared "
      "transformer "
      "starts from; width, heads and mlp_ratio must be its own; empty = a random start");
    v("dropout", dropout, Range<double>{0.0, 0.9},
      "share of a residual branch's numbers dropped in training");
    v("drop_path", drop_path, Range<double>{0.0, 0.9},
      "share of samples that skip a block's branch in training (the last block's; earlier blocks less)");
    v("recompute", recompute,
      "training keeps each transformer block's input alone and computes the block once more in the backward "
      "pass: the same gradients, less memory, more time");
    v("class_token", class_token, Choices{{"learned", "pooled"}},
      "learned: v_cls and t_cls of Eq. 4 and 5; pooled: plus the mean of the projected tokens");
    v("residual_init", residual_init, Range<double>{0.0, 1.0},
      "scale of each residual branch's last projection at the start: 1 as usual, 0 = blocks start as "
      "identity");
    v("projection_init", projection_init, Choices{{"normal", "orthogonal"}},
      "start of the projections F and L: normal with deviation 0.02, or orthogonal (keeps the encoder's "
      "distances)");
    v("position_init", position_init, Range<double>{0.0, 1.0},
      "deviation of the position embeddings at the start");
    v("normalise_tokens", normalise_tokens, Choices{{"none", "layer", "batch"}},
      "of the encoders' tokens before their projection: LayerNorm of each token, or batch norm (images "
      "only)");
    v("style_blend", style_blend, Range<double>{0.0, 1.0},
      "how far each image's channel means and deviations, in the stored map, are moved to the training set's "
      "average "
      "(1 = all images get the average style), at test too");
    v("final_norm", final_norm, Choices{{"none", "layer"}},
      "layer: LayerNorm behind the last block, as ViT has it");
    v("feature", feature, Choices{{"before", "after"}},
      "what is compared at test: the feature before or after BNNeck");
    v("max_text_length", max_text_length, Range<int64_t>{1, 512},
      "words of a text that are read; the rest is cut");
  }
};

/// Throws InvalidArgument where two options do not fit each other (width not a multiple of heads).
void check_options(const ModelOptions& options);

}  // namespace dmf::fuse
