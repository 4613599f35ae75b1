#pragma once
#include "dmf/fuse/model_options.h"
#include "dmf/weights/tensors.h"

namespace dmf::fuse {

/// The shared transformer's tensors out of options.initial: the first `depth` blocks of a pre-trained ViT or
/// DeiT (timm's or TransReID's names), and its last norm where the model has one.
/// @return  transformer.N.* and transformer.norm.*, float32 on the CPU
/// @throws InvalidArgument  width, heads, mlp_ratio or depth do not fit: one message with what to set
/// @throws DataError        no such file; another kind of model; tensors that are missing or misshaped
weights::NamedTensors pretrained_transformer(const ModelOptions& options);

}  // namespace dmf::fuse
