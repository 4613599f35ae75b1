#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmf/translate/text_encoder.h"

namespace dmf::translate {

/// What a text encoder's frozen part gives for many texts, each distinct text once, in memory, without
/// padding.
///
///   TextStore store(*encoder, texts);
///   TextTokens words = encoder->trained(store.gather({texts[3], texts[8]}));
///
/// Safe to read from several threads.
class TextStore {
 public:
  /// Encodes the distinct ones of `texts`, in batches of like length.
  /// @param precision  of the computation, see compute_type(); states are kept as float32 or bfloat16, ids
  /// whole
  TextStore(const TextEncoder& encoder, const std::vector<std::string>& texts,
            const std::string& precision = "float32");

  /// What encoder.frozen gives for B texts, padded to the longest with zeros.
  /// @throws InvalidArgument  a text that the store was not made of
  TextTokens gather(const std::vector<std::string>& texts) const;

  /// Number of distinct texts.
  int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  /// Stored tokens of all texts.
  int64_t tokens() const { return tokens_.size(0); }

 private:
  struct Rows {
    int64_t first, count;
  };
  std::unordered_map<std::string, Rows> rows_;
  torch::Tensor tokens_;  ///< [tokens of all texts, D_t], or [tokens of all texts] of ids
};

}  // namespace dmf::translate
