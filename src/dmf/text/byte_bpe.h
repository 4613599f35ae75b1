#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dmf/text/tokenizer.h"

namespace dmf::text {

/// A token that a text may spell out; it is found before the text is parted into words.
struct AddedToken {
  std::string content;
  int64_t id = 0;
  bool takes_left_space = false;   ///< white space before it belongs to it ("lstrip")
  bool takes_right_space = false;  ///< white space behind it belongs to it ("rstrip")
};

/// What the files of a byte-level BPE tokeniser say.
struct ByteBpeTables {
  std::unordered_map<std::string, int64_t> vocabulary;
  std::vector<std::pair<std::string, std::string>> merges;  ///< first ones first
  std::vector<AddedToken> added;
  std::string start = "<s>", end = "</s>";
  std::optional<std::string> unknown;  ///< for bytes that the vocabulary lacks; none: they are dropped
  bool is_unknown_fused = false;       ///< several unknown bytes in a row give one token
  bool add_prefix_space = false;       ///< a space before the text, unless it begins with one
};

/// Byte-level byte-pair encoding as GPT-2 and RoBERTa have it: special tokens that the text spells out are
/// set apart, the rest is parted into words (gpt2_words), each word's bytes are joined, the pair that was
/// learned first before all others, until no pair of the merges is left.
///
///   auto tokenizer = make_tokenizer(TokenizerKind::kByteBpe, read_tokenizer_files(kind, folder), folder);
///   tokenizer->encode("A red shirt.", 512);   // {0, 250, 1275, 6399, 4, 2} = <s> A Ġred Ġshirt . </s>
///
/// Source: Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019; Liu et al. 2019, arXiv:1907.11692.
/// The ids are those of the package `tokenizers` 0.23: tests/golden/text. Malformed UTF-8 is read as U+FFFD.
class ByteBpe : public Tokenizer {
 public:
  /// @param where  the file, for messages
  /// @throws DataError  a merge of tokens that are not in the vocabulary; no start, end or unknown token
  ByteBpe(const ByteBpeTables& tables, const std::string& where);
  ~ByteBpe() override;

  std::vector<int64_t> encode(std::string_view text, size_t max_length) const override;
  int64_t size() const override { return size_; }

 private:
  struct Merge {
    int32_t rank, id;
  };
  class Cache;
  class WordMerger;

  void append_part(std::string_view part, std::vector<int64_t>& ids) const;
  void append_word(std::string_view word, std::vector<int64_t>& ids) const;
  std::vector<int32_t> symbols_of(std::string_view word) const;
  const Merge* merge_of(int32_t left, int32_t right) const;

  std::unordered_map<uint64_t, Merge> merges_;  // by pair of ids
  std::array<int32_t, 256> id_of_byte_{};       // -1: not in the vocabulary
  std::vector<AddedToken> added_;
  std::optional<int32_t> unknown_;
  bool is_unknown_fused_, add_prefix_space_;
  int64_t start_ = 0, end_ = 0, size_ = 0;
  std::unique_ptr<Cache> cache_;
};

}  // namespace dmf::text
