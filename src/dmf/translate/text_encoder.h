#pragma once
#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"
#include "dmf/weights/tensors.h"

namespace dmf::translate {

/// Options of the text translator's pre-trained encoder (paper, Section III-C, Eq. 5).
struct TextEncoderOptions {
  std::string name = "minilm-l6";
  std::string folder{};
  int64_t max_length = 256;
  bool special_tokens = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("name", name, Choices{{"minilm-l6"}}, "pre-trained text encoder");
    v("folder", folder,
      "checkpoint folder (config.json, vocab.txt, model.safetensors or pytorch_model.bin); empty = the "
      "package's");
    v("max_length", max_length, Range<int64_t>{3, 512},
      "word pieces that are read, [CLS] and [SEP] included");
    v("special_tokens", special_tokens, "whether the outputs of [CLS] and [SEP] are among the tokens");
  }
};

/// Word vectors of B texts, padded to the longest.
struct TextTokens {
  torch::Tensor tokens;  ///< [B, T, D_t] float32; zero where there is no word
  torch::Tensor mask;    ///< [B, T] bool: true = word
};

/// A frozen pre-trained text encoder: tokenises and gives the last hidden state of every word piece, t_k of
/// Eq. 5.
///
///   auto encoder = make_text_encoder({});
///   TextTokens words = encoder->encode({"a woman in a red coat", "man"});   // [2, 6, 384]
///
/// A text's vectors do not depend on the texts beside it. Safe to call from several threads.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  /// @param texts  UTF-8; a text without any word gives a row without words. May be empty: tokens [0, 0,
  /// D_t].
  virtual TextTokens encode(const std::vector<std::string>& texts) const = 0;

  /// Last hidden states of given word-piece numbers (for comparison with other implementations).
  /// @param ids   [B, T] int64
  /// @param mask  [B, T] bool, true = read
  /// @return      [B, T, D_t] float32, the padding's states included
  virtual torch::Tensor hidden_states(const torch::Tensor& ids, const torch::Tensor& mask) const = 0;

  /// D_t.
  virtual int64_t width() const = 0;
  /// SHA-256 of tensors, vocabulary and options.
  virtual std::string fingerprint() const = 0;
  /// All tensors by the checkpoint's own names, float32, and the files "config.json" and "vocab.txt" as bytes
  /// ([length] uint8): a model file that keeps them all can make the encoder anew.
  weights::NamedTensors& tensors() { return tensors_; }
  const weights::NamedTensors& tensors() const { return tensors_; }
  const TextEncoderOptions& options() const { return options_; }

 protected:
  TextEncoder(TextEncoderOptions options, weights::NamedTensors tensors)
      : options_(std::move(options)), tensors_(std::move(tensors)) {}

  TextEncoderOptions options_;
  weights::NamedTensors tensors_;
};

/// Makes an encoder from its checkpoint folder, or from the tensors of a model file.
/// @param given  null: read options.folder (or the installed package's). Else all of an encoder's tensors().
/// @throws InvalidArgument  unknown name
/// @throws DataError        no such folder or package; a broken configuration; missing or misshaped tensors
std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderOptions& options,
                                               const weights::NamedTensors* given = nullptr);

}  // namespace dmf::translate
