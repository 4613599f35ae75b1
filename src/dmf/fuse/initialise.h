#pragma once
#include "dmf/fuse/model_options.h"
#include "dmf/weights/tensors.h"

namespace dmf::fuse {

/// Sizes that the fresh tensors depend on.
struct ModelSizes {
  int64_t stored_channels;  ///< C of the stored maps
  int64_t image_tokens;     ///< N
  int64_t image_width;      ///< D_i
  int64_t text_width;       ///< D_t, 0 = no text branch
  int64_t identities;
};

/// Fresh tensors of everything but the encoders (the shared transformer's from options.initial where that is
/// set): float32 on the CPU, the same for the same seed on every
/// machine of one kind. Linear layers and class tokens are normal with deviation 0.02 (timm's ViT), biases
/// zero, norms one.
weights::NamedTensors initial_tensors(const ModelOptions& options, const ModelSizes& sizes, uint64_t seed);

/// Fresh tensors of BNNeck and classifier alone (the classifier normal with deviation 0.001, as BoT has it).
weights::NamedTensors initial_head(const ModelOptions& options, int64_t identities, uint64_t seed);

}  // namespace dmf::fuse
