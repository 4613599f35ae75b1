#pragma once
#include <torch/types.h>

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
  std::string freeze = "all";
  int64_t max_length = 256;
  bool special_tokens = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("name", name, Choices{{"minilm-l6", "bert", "roberta", "data2vec-text"}},
      "pre-trained text encoder; all but minilm-l6 need `folder`, which alone is enough");
    v("folder", folder,
      "checkpoint folder: config.json; vocab.txt (BERT), tokenizer.json, or vocab.json and merges.txt; "
      "weights "
      "(*.safetensors or pytorch_model.bin, whole or in shards); empty = minilm-l6's package");
    v("freeze", freeze,
      "what stays as it was pre-trained: all, embeddings, block1 … blockN (the last frozen block), or none");
    v("max_length", max_length, Range<int64_t>{3, 512},
      "word pieces that are read, start and end tokens included");
    v("special_tokens", special_tokens, "whether the outputs of start and end tokens are among the tokens");
  }
};

/// What an encoder, or its frozen part, gives for B texts, padded to the longest.
struct TextTokens {
  torch::Tensor tokens;  ///< [B, T, D_t] float32; or ids [B, T] int64. Zero (or padding) behind a text's end
  torch::Tensor mask;    ///< [B, T] bool: true = there is something
};

/// A pre-trained text encoder: tokenises and gives the last hidden state of every word piece, t_k of Eq. 5.
///
///   auto encoder = make_text_encoder({});
///   TextTokens words = encoder->encode({"a woman in a red coat", "man"});   // [2, 6, 384]
///
/// The freeze point cuts it in two: what is below is frozen and its output can be stored (TextStore), what is
/// above is trained. Start and end tokens take part in every block and are dropped behind the last one.
/// A text's vectors do not depend on the texts beside it. Safe to call from several threads.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  /// Below the freeze point, without gradients. With freeze = "all" that is everything: the words' last
  /// hidden states; with "none" the ids; else hidden states of words, start and end tokens.
  /// @param texts  UTF-8; a text without any word gives a row without words. May be empty: [0, 0, D_t].
  virtual TextTokens frozen(const std::vector<std::string>& texts) const = 0;

  /// Above the freeze point: from what frozen gave to the words' last hidden states [B, T', D_t] float32.
  /// Gradients reach the trained tensors.
  virtual TextTokens trained(const TextTokens& stored) const { return stored; }

  /// Both, without gradients: the words' last hidden states.
  TextTokens encode(const std::vector<std::string>& texts) const;

  /// Last hidden states of given word-piece numbers (for comparison with other implementations).
  /// @param ids   [B, T] int64
  /// @param mask  [B, T] bool, true = read
  /// @return      [B, T, D_t] float32, the padding's states included
  virtual torch::Tensor hidden_states(const torch::Tensor& ids, const torch::Tensor& mask) const = 0;

  /// D_t.
  virtual int64_t width() const = 0;
  /// SHA-256 of tensors, tokeniser and the options that words' states depend on (not of the freeze point).
  virtual std::string fingerprint() const = 0;
  /// Names of the tensors above the freeze point.
  virtual std::vector<std::string> trained_names() const { return {}; }
  /// How many of a text's stored tokens are no words: 2 where start and end tokens are stored with them.
  virtual int64_t stored_specials() const { return 0; }

  /// All tensors by the checkpoint's own names, float32, and the files "config.json" and the tokeniser's
  /// (text::TokenizerFiles) as bytes ([length] uint8): a model file that keeps them all can make the encoder
  /// anew.
  weights::NamedTensors& tensors() { return tensors_; }
  const weights::NamedTensors& tensors() const { return tensors_; }
  const TextEncoderOptions& options() const { return options_; }

 protected:
  TextEncoder(TextEncoderOptions options, weights::NamedTensors tensors)
      : options_(std::move(options)), tensors_(std::move(tensors)) {}

  TextEncoderOptions options_;
  weights::NamedTensors tensors_;
};

/// Makes an encoder from its checkpoint folder, or from the tensors of a model file. config.json decides what
/// it is; `name` in the encoder's options() then says it.
/// @param given  null: read options.folder (or the installed package's). Else all of an encoder's tensors().
/// @throws InvalidArgument  unknown name or freeze point; a name without folder, or another than the folder's
/// @throws DataError        no such folder or package; a broken configuration; missing or misshaped tensors;
///                          a tokeniser that does not fit the weights
std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderOptions& options,
                                               const weights::NamedTensors* given = nullptr);

}  // namespace dmf::translate
