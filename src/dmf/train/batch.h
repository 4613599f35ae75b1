#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dmf/translate/text_encoder.h"

namespace dmf::train {

/// Samples of one step: images first, then texts.
struct Batch {
  torch::Tensor images;  ///< [Bi, C, h, w] stored maps, for ImageEncoder::trained; undefined without images
  translate::TextTokens texts;  ///< Bt texts, TextEncoder::frozen's output; undefined without texts
  torch::Tensor labels;         ///< [Bi + Bt] int64: classes
  torch::Tensor weights;        ///< [Bi + Bt] float32 of the losses; undefined = all 1

  int64_t samples() const { return labels.size(0); }
  /// [Bi + Bt] bool, on the labels' device: false = a text.
  torch::Tensor is_image() const;
  /// The same batch on `device`.
  Batch to(const torch::Device& device) const;
};

/// Where a stage's batches come from.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  /// Batch of a step, 0, 1, 2 … without end. It depends on nothing but the source and the step, so that
  /// training can go on from any step; safe to call from another thread than the trainer's.
  virtual Batch draw(int64_t step) const = 0;
  /// What the samples of that batch are made of, in their order, for messages; empty where it has no names.
  virtual std::vector<std::string> sample_names(int64_t /*step*/) const { return {}; }
  /// Up to `count` stored maps of the training set as they are, [n, C, h, w]: for statistics.
  virtual torch::Tensor sample_maps(int64_t count) const = 0;
  virtual int64_t steps_per_epoch() const = 0;
  /// Classes that labels are drawn from.
  virtual int64_t identities() const = 0;
  /// Samples of a batch, for progress.
  virtual int64_t samples_per_step() const = 0;
};

}  // namespace dmf::train
