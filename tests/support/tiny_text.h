#pragma once
#include <torch/types.h>

#include <memory>
#include <string>

#include "dmf/core/file.h"
#include "dmf/translate/golden_formula.h"
#include "dmf/translate/text_encoder.h"
#include "dmf/translate/text_tensor.h"
#include "dmf/translate/text_transformer.h"
#include "support/development_data.h"

namespace dmf::test {

/// A RoBERTa of two blocks, 16 numbers wide, with weights made by a formula and the small vocabulary of
/// tests/golden/text: trains in milliseconds.
inline std::shared_ptr<translate::TextEncoder> tiny_text_encoder(
    const translate::TextEncoderOptions& options = {}) {
  constexpr const char* kConfig =
      R"({"model_type": "roberta", "vocab_size": 1001, "hidden_size": 16, "num_hidden_layers": 2,
  "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 40, "type_vocab_size": 1,
  "hidden_act": "gelu", "layer_norm_eps": 1e-5})";
  weights::NamedTensors tensors = translate::golden::weights_of(
      translate::text_tensors(translate::parse_text_config(kConfig, "tiny_text_encoder")));
  tensors["config.json"] = translate::tensor_of_text(kConfig);
  tensors["tokenizer.json"] = translate::tensor_of_text(read_text(golden() / "text" / "tokenizer.json"));
  return translate::make_text_encoder(options, &tensors);
}

}  // namespace dmf::test
