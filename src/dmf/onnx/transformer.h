#pragma once
#include <string>

#include "dmf/onnx/operators.h"
#include "dmf/translate/transformer.h"

namespace dmf::onnx {

/// What a block is asked for beside its weights.
struct BlockReading {
  std::string bias{};           ///< a value that is added to the attention's logits; empty = none
  bool is_first_alone = false;  ///< of the output the first position alone, [B, 1, D]
};

/// A transformer block as translate::run_block and fuse::transformer_block compute it.
/// @param sequence  [B, T, D]
/// @return          [B, T, D]
std::string transformer_block(Operators& operators, const std::string& sequence,
                              const translate::TransformerBlock& block,
                              const translate::TransformerShape& shape, const BlockReading& reading);

/// A BlockReading::bias that closes padding. @param mask  [B, T] float32: 1 = read, 0 = padding
/// @return  [B, 1, 1, T]: 0 or -1e9
std::string padding_bias(Operators& operators, const std::string& mask);

}  // namespace dmf::onnx
