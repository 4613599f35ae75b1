#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "dmf/translate/text_encoder.h"

namespace dmf::translate {

/// Frozen text encoder output of many texts, each distinct text once, in memory, without padding.
///
///   TextStore store(*encoder, texts);
///   TextTokens words = store.gather({texts[3], texts[8]});
///
/// Safe to read from several threads.
class TextStore {
 public:
  /// Encodes the distinct ones of `texts`, in batches of like length.
  /// @param precision  of the computation, see compute_type(); kept is float32 or, with bfloat16, bfloat16
  TextStore(const TextEncoder& encoder, const std::vector<std::string>& texts,
            const std::string& precision = "float32");

  /// Word vectors of B texts, padded to the longest.
  /// @throws InvalidArgument  a text that the store was not made of
  TextTokens gather(const std::vector<std::string>& texts) const;

  /// Number of distinct texts.
  int64_t size() const { return static_cast<int64_t>(rows_.size()); }
  /// Words of all texts.
  int64_t words() const { return words_.size(0); }
  /// D_t
  int64_t width() const { return words_.size(1); }

 private:
  struct Rows {
    int64_t first, count;
  };
  std::unordered_map<std::string, Rows> rows_;
  torch::Tensor words_;  ///< [words of all texts, D_t]
};

}  // namespace dmf::translate
