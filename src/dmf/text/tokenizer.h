#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dmf::text {

/// Turns a text into the numbers that a text encoder reads. Immutable; safe to use from several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Start token, the text's pieces, end token; cut to `max_length` ids by dropping the last pieces.
  /// @param text        UTF-8; what becomes of malformed bytes each tokeniser says
  /// @param max_length  >= 2
  /// @throws InvalidArgument  max_length < 2
  virtual std::vector<int64_t> encode(std::string_view text, size_t max_length) const = 0;

  /// One more than the largest id that encode gives.
  virtual int64_t size() const = 0;
};

enum class TokenizerKind {
  kWordPiece,  ///< BERT: vocab.txt, or tokenizer.json
  kByteBpe     ///< GPT-2, RoBERTa: tokenizer.json, or vocab.json and merges.txt
};

/// Contents of a tokeniser's files by name: {"vocab.txt", "[PAD]\n…"}.
using TokenizerFiles = std::map<std::string, std::string>;

/// The files of a checkpoint folder that make_tokenizer needs, tokenizer_config.json with them where there is
/// one.
/// @throws DataError  a file is missing or unreadable; names the folder and what is looked for
TokenizerFiles read_tokenizer_files(TokenizerKind kind, const std::filesystem::path& folder);

/// Makes a tokeniser of files' contents.
/// @param where  the folder, for messages
/// @throws DataError  a missing or broken file; a tokenizer.json of another kind, by name (Unigram …)
std::shared_ptr<const Tokenizer> make_tokenizer(TokenizerKind kind, const TokenizerFiles& files,
                                                const std::string& where);

/// All names that TokenizerFiles may hold.
const std::vector<std::string>& tokenizer_file_names();

}  // namespace dmf::text
