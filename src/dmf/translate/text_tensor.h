#pragma once
#include <torch/types.h>

#include <string>
#include <string_view>

#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// A text as a tensor [length] uint8, so that it travels with the weights.
torch::Tensor tensor_of_text(std::string_view text);

/// The text kept under `name`.
/// @throws DataError  it is missing or not [length] uint8; `where` names the model file's part for the
/// message
std::string text_of_tensor(const weights::NamedTensors& tensors, const std::string& name,
                           const std::string& where);

/// SHA-256 over names, types, shapes and values of tensors, in the order of their names.
std::string hash_of_tensors(const weights::NamedTensors& tensors);

}  // namespace dmf::translate
