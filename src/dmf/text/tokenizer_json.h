#pragma once
#include <string>
#include <vector>

#include "dmf/text/byte_bpe.h"
#include "dmf/text/tokenizer.h"

namespace dmf::text {

/// Reads a tokenizer.json (of the package `tokenizers`) that does what ByteBpe does: model BPE without
/// dropout, prefix, suffix or byte fallback, no normaliser, pre-tokeniser ByteLevel, RoBERTa's
/// `<s> … </s>` (RobertaProcessing, BertProcessing or such a template).
/// @throws DataError  not JSON, something broken, or something that ByteBpe does otherwise: names it
ByteBpeTables byte_bpe_of_json(const std::string& json, const std::string& where);

/// Reads GPT-2's pair of files: {"token": id} and a line "left right" for each merge. Special tokens are
/// RoBERTa's <s>, <pad>, </s>, <unk> and <mask>, as far as the vocabulary has them; <s> and </s> must be
/// there.
/// @throws DataError  a broken file, with the line
ByteBpeTables byte_bpe_of_files(const std::string& vocabulary, const std::string& merges,
                                const std::string& where);

/// The vocabulary, in the order of its ids, of a tokenizer.json that does what WordPiece does: model
/// WordPiece, BERT's normaliser in lower case, BERT's pre-tokeniser.
/// @throws DataError  as byte_bpe_of_json
std::vector<std::string> wordpiece_of_json(const std::string& json, const std::string& where);

/// A value of tokenizer_config.json, `standard` where the file or the key is missing.
/// @throws DataError  not JSON, or not true or false
bool flag_of_config(const TokenizerFiles& files, const std::string& key, bool standard,
                    const std::string& where);

}  // namespace dmf::text
