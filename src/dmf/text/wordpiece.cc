#include "dmf/text/wordpiece.h"

#include <array>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/text/bert_text.h"

namespace dmf::text {
namespace {

constexpr std::array<std::string_view, 5> kSpecialTokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
constexpr size_t kLongestWord = 100;  // characters; a longer word is unknown

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

size_t count_characters(std::string_view word) {
  size_t count = 0;
  for (const char byte : word) count += !is_continuation(byte);
  return count;
}

std::string_view trimmed_end(std::string_view line) {
  const size_t last = line.find_last_not_of(" \t\r\n\v\f");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::vector<std::string> tokens_of_lines(std::string_view lines) {
  std::vector<std::string> tokens;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    tokens.emplace_back(trimmed_end(lines.substr(begin, end - begin)));
    begin = end + 1;
  }
  return tokens;
}

/// The special token that `text` spells out at `at`, or nothing.
std::string_view special_at(std::string_view text, size_t at) {
  for (const std::string_view token : kSpecialTokens) {
    if (text.substr(at, token.size()) == token) return token;
  }
  return {};
}

/// Calls visit(part, is_special) for the texts between special tokens and for these.
template <class F>
void for_each_part(std::string_view text, F visit) {
  size_t begin = 0;
  for (size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at)) {
    const std::string_view special = special_at(text, at);
    if (special.empty()) {
      ++at;
      continue;
    }
    visit(text.substr(begin, at - begin), false);
    visit(special, true);
    at = begin = at + special.size();
  }
  visit(text.substr(begin), false);
}

}  // namespace

WordPiece::WordPiece(const std::filesystem::path& vocab) : WordPiece(read_text(vocab), vocab.string()) {}

WordPiece::WordPiece(const std::string& lines, const std::string& where)
    : WordPiece(tokens_of_lines(lines), where) {}

WordPiece::WordPiece(std::vector<std::string> tokens, std::string where)
    : where_(std::move(where)), token_from_id_(std::move(tokens)) {
  for (int64_t id = 0; id < size(); ++id) id_from_token_[token_from_id_[static_cast<size_t>(id)]] = id;
  for (const auto& [token, id] : {std::pair{"[UNK]", &unknown_}, {"[CLS]", &start_}, {"[SEP]", &end_}}) {
    const auto found = id_from_token_.find(token);
    DMF_CHECK(found != id_from_token_.end(), DataError,
              "{}: not a BERT vocabulary: expected a token {}, got {} tokens without it; hint: give a "
              "vocab.txt",
              where_, token, size());
    *id = found->second;
  }
}

void WordPiece::append_word(std::string_view word, std::vector<int64_t>& ids) const {
  if (count_characters(word) > kLongestWord) {
    ids.push_back(unknown_);
    return;
  }
  const size_t before = ids.size();
  std::string piece;
  for (size_t begin = 0; begin < word.size();) {
    size_t end = word.size();
    auto found = id_from_token_.end();
    for (; end > begin; --end) {
      if (end < word.size() && is_continuation(word[end])) continue;
      piece.assign(begin == 0 ? "" : "##").append(word.substr(begin, end - begin));
      found = id_from_token_.find(piece);
      if (found != id_from_token_.end()) break;
    }
    if (found == id_from_token_.end()) {  // one unknown piece makes the whole word unknown
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(found->second);
    begin = end;
  }
}

WordTokens WordPiece::encode_words(std::string_view text, size_t max_length) const {
  WordTokens tokens;
  int64_t word_count = 0;
  const auto end_word = [&] { tokens.word_index.resize(tokens.ids.size(), word_count++); };
  for_each_part(text, [&](std::string_view part, bool is_special) {
    if (is_special) {
      const auto found = id_from_token_.find(std::string(part));
      tokens.ids.push_back(found == id_from_token_.end() ? unknown_ : found->second);
      end_word();
      return;
    }
    for (const std::string& word : bert_words(part)) {
      append_word(word, tokens.ids);
      end_word();
    }
  });
  tokens.ids.resize(std::min(tokens.ids.size(), max_length));
  tokens.word_index.resize(tokens.ids.size());
  return tokens;
}

std::vector<int64_t> WordPiece::encode(std::string_view text, size_t max_length) const {
  DMF_CHECK(max_length >= 2, InvalidArgument,
            "[WordPiece::encode] max_length: expected at least 2, for [CLS] and [SEP], got {}", max_length);
  std::vector<int64_t> ids = encode_words(text, max_length - 2).ids;
  ids.insert(ids.begin(), start_);
  ids.push_back(end_);
  return ids;
}

std::vector<std::string> WordPiece::tokens(std::string_view text, size_t max_length) const {
  std::vector<std::string> words;
  for (const int64_t id : encode(text, max_length)) words.push_back(token_from_id_[static_cast<size_t>(id)]);
  return words;
}

int64_t WordPiece::id(std::string_view token) const {
  const auto found = id_from_token_.find(std::string(token));
  DMF_CHECK(found != id_from_token_.end(), InvalidArgument, "[WordPiece::id] '{}' is not a token of {}",
            token, where_);
  return found->second;
}

const std::string& WordPiece::token(int64_t id) const {
  DMF_CHECK(id >= 0 && id < size(), InvalidArgument, "[WordPiece::token] id: expected 0 to {}, got {}",
            size() - 1, id);
  return token_from_id_[static_cast<size_t>(id)];
}

}  // namespace dmf::text
