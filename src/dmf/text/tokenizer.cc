#include "dmf/text/tokenizer.h"

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/text/byte_bpe.h"
#include "dmf/text/tokenizer_json.h"
#include "dmf/text/wordpiece.h"

namespace dmf::text {
namespace {

constexpr const char *kVocabularyLines = "vocab.txt", *kTokenizer = "tokenizer.json",
                     *kVocabulary = "vocab.json", *kMerges = "merges.txt",
                     *kSettings = "tokenizer_config.json";

/// Sets of files that are enough, the preferred one first.
std::vector<std::vector<std::string>> sets_of(TokenizerKind kind) {
  if (kind == TokenizerKind::kWordPiece) return {{kVocabularyLines}, {kTokenizer}};
  return {{kTokenizer}, {kVocabulary, kMerges}};
}

const char* wanted(TokenizerKind kind) {
  return kind == TokenizerKind::kWordPiece ? "vocab.txt, or tokenizer.json (WordPiece)"
                                           : "tokenizer.json, or vocab.json and merges.txt (byte-level BPE)";
}

std::shared_ptr<const Tokenizer> make_word_piece(const TokenizerFiles& files, const std::string& where) {
  DMF_CHECK(flag_of_config(files, "do_lower_case", true, where), DataError,
            "{}/{}: `do_lower_case` is false: a cased vocabulary, which this tokeniser does not read; hint: "
            "take an uncased checkpoint",
            where, kSettings);
  const auto lines = files.find(kVocabularyLines);
  if (lines != files.end()) return std::make_shared<WordPiece>(lines->second, where + "/" + kVocabularyLines);
  const std::string place = where + "/" + kTokenizer;
  return std::make_shared<WordPiece>(wordpiece_of_json(files.at(kTokenizer), place), place);
}

std::shared_ptr<const Tokenizer> make_byte_bpe(const TokenizerFiles& files, const std::string& where) {
  const auto json = files.find(kTokenizer);
  if (json != files.end()) {
    const std::string place = where + "/" + kTokenizer;
    return std::make_shared<ByteBpe>(byte_bpe_of_json(json->second, place), place);
  }
  ByteBpeTables tables = byte_bpe_of_files(files.at(kVocabulary), files.at(kMerges), where);
  tables.add_prefix_space = flag_of_config(files, "add_prefix_space", false, where);
  return std::make_shared<ByteBpe>(tables, where + "/" + kVocabulary);
}

}  // namespace

const std::vector<std::string>& tokenizer_file_names() {
  static const std::vector<std::string> names = {kVocabularyLines, kTokenizer, kVocabulary, kMerges,
                                                 kSettings};
  return names;
}

TokenizerFiles read_tokenizer_files(TokenizerKind kind, const std::filesystem::path& folder) {
  for (const std::vector<std::string>& names : sets_of(kind)) {
    bool is_whole = true;
    for (const std::string& name : names) is_whole = is_whole && std::filesystem::exists(folder / name);
    if (!is_whole) continue;
    TokenizerFiles files;
    for (const std::string& name : names) files[name] = read_text(folder / name);
    if (std::filesystem::exists(folder / kSettings)) files[kSettings] = read_text(folder / kSettings);
    return files;
  }
  throw DataError(fmt::format("{}: no tokeniser: expected {}", folder.string(), wanted(kind)));
}

std::shared_ptr<const Tokenizer> make_tokenizer(TokenizerKind kind, const TokenizerFiles& files,
                                                const std::string& where) {
  for (const std::vector<std::string>& names : sets_of(kind)) {
    bool is_whole = true;
    for (const std::string& name : names) is_whole = is_whole && files.contains(name);
    if (!is_whole) continue;
    return kind == TokenizerKind::kWordPiece ? make_word_piece(files, where) : make_byte_bpe(files, where);
  }
  throw DataError(fmt::format("{}: no tokeniser: expected {}", where, wanted(kind)));
}

}  // namespace dmf::text
