#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dmf/text/tokenizer.h"

namespace dmf::text {

/// The tokens of a text without [CLS] and [SEP], each with the word it comes from: words are what white
/// space, punctuation and special tokens part, counted from 0.
struct WordTokens {
  std::vector<int64_t> ids;         ///< token ids
  std::vector<int64_t> word_index;  ///< of the same length, not decreasing
};

/// BERT's uncased tokeniser: clean, lower-case, strip accents, split at white space and punctuation, then the
/// greedy longest match of the vocabulary ("##" marks a piece inside a word).
///
///   WordPiece tokenizer(folder / "vocab.txt");
///   tokenizer.encode("A red shirt.");   // {101, 1037, 2417, 3797, 1012, 102} = [CLS] a red shirt . [SEP]
///
/// Source: Devlin et al. 2019, arXiv:1810.04805. The ids are those of the package `tokenizers` 0.23
/// (BertNormalizer, BertPreTokenizer, WordPiece and the special tokens [PAD] [UNK] [CLS] [SEP] [MASK], which
/// are recognised where a text spells them out), for every Unicode character: tests/golden/text.
///
/// Immutable; safe to use from several threads.
class WordPiece : public Tokenizer {
 public:
  /// @param vocab  one token a line, the line's number (from 0) is its id; must hold [UNK], [CLS] and [SEP].
  /// @throws DataError  missing or unreadable file, no special token in it.
  explicit WordPiece(const std::filesystem::path& vocab);
  /// @param lines  content of such a file; @param where  its path, for messages
  WordPiece(const std::string& lines, const std::string& where);
  /// @param tokens  in the order of their ids; @param where  where they are from, for messages
  WordPiece(std::vector<std::string> tokens, std::string where);

  /// `[CLS] … [SEP]`, cut to `max_length` ids by dropping the last tokens before [SEP].
  ///
  /// @param text  UTF-8; malformed bytes are dropped, as BERT drops U+FFFD (`tokenizers` never sees any).
  /// @param max_length  >= 2
  /// @throws InvalidArgument  max_length < 2
  std::vector<int64_t> encode(std::string_view text, size_t max_length = 512) const override;

  /// The same tokens in words: `{"[CLS]", "a", "red", …, "[SEP]"}`.
  std::vector<std::string> tokens(std::string_view text, size_t max_length = 512) const;

  /// Tokens word by word, without [CLS] and [SEP], cut to `max_length` tokens.
  WordTokens encode_words(std::string_view text, size_t max_length = 510) const;

  /// Number of tokens of the vocabulary.
  int64_t size() const override { return static_cast<int64_t>(token_from_id_.size()); }
  /// Id of a token of the vocabulary. @throws InvalidArgument  not in it.
  int64_t id(std::string_view token) const;
  /// Token of an id. @throws InvalidArgument  out of range.
  const std::string& token(int64_t id) const;

 private:
  void append_word(std::string_view word, std::vector<int64_t>& ids) const;

  std::string where_;
  std::vector<std::string> token_from_id_;
  std::unordered_map<std::string, int64_t> id_from_token_;
  int64_t unknown_ = 0, start_ = 0, end_ = 0;
};

}  // namespace dmf::text
