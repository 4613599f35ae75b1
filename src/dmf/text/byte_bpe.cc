#include "dmf/text/byte_bpe.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <mutex>
#include <queue>
#include <shared_mutex>

#include "dmf/core/error.h"
#include "dmf/text/byte_level.h"

namespace dmf::text {
namespace {

uint64_t key_of_pair(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

/// Where the white space that ends at `end` begins, not before `first`; the text is well-formed.
size_t begin_of_space(std::string_view text, size_t first, size_t end) {
  while (end > first) {
    size_t at = end;
    UChar32 c = 0;
    U8_PREV_UNSAFE(text.data(), at, c);
    if (!u_isUWhiteSpace(c)) break;
    end = at;
  }
  return end;
}

size_t end_of_space(std::string_view text, size_t begin) {
  while (begin < text.size()) {
    size_t at = begin;
    UChar32 c = 0;
    U8_NEXT(text.data(), at, text.size(), c);
    if (!u_isUWhiteSpace(c)) break;
    begin = at;
  }
  return begin;
}

/// The longest added token that `text` spells out at `at`, or null.
const AddedToken* added_at(std::string_view text, size_t at, const std::vector<AddedToken>& added) {
  const AddedToken* longest = nullptr;
  for (const AddedToken& token : added) {
    const bool is_longer = longest == nullptr || token.content.size() > longest->content.size();
    if (is_longer && text.substr(at, token.content.size()) == token.content) longest = &token;
  }
  return longest;
}

/// Calls visit(part, token) for each added token with the text before it, and at last with the rest and null.
template <class F>
void for_each_part(std::string_view text, const std::vector<AddedToken>& added, F visit) {
  std::array<bool, 256> begins_token{};
  for (const AddedToken& token : added) begins_token[static_cast<unsigned char>(token.content[0])] = true;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const bool may_begin = begins_token[static_cast<unsigned char>(text[at])];
    const AddedToken* token = may_begin ? added_at(text, at, added) : nullptr;
    if (token == nullptr) {
      ++at;
      continue;
    }
    const size_t left = token->takes_left_space ? begin_of_space(text, begin, at) : at;
    visit(text.substr(begin, left - begin), token);
    at += token->content.size();
    if (token->takes_right_space) at = end_of_space(text, at);
    begin = at;
  }
  visit(text.substr(begin), nullptr);
}

}  // namespace

/// Ids of words that were met before. Captions repeat few words.
class ByteBpe::Cache {
 public:
  bool find(std::string_view word, std::vector<int64_t>& ids) const {
    const std::shared_lock lock(mutex_);
    const auto found = ids_.find(std::string(word));
    if (found == ids_.end()) return false;
    ids.insert(ids.end(), found->second.begin(), found->second.end());
    return true;
  }
  void add(std::string_view word, const std::vector<int32_t>& ids) {
    constexpr size_t kMostWords = 1 << 16, kLongestWord = 64;
    if (word.size() > kLongestWord) return;
    const std::unique_lock lock(mutex_);
    if (ids_.size() < kMostWords) ids_.emplace(word, ids);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::vector<int32_t>> ids_;
};

/// Joins a word's symbols, pair by pair: the pair of lowest rank first, of equal ones the leftmost. Joined
/// symbols are a linked list; a pair that has changed since it was queued is passed over.
class ByteBpe::WordMerger {
 public:
  WordMerger(const ByteBpe& bpe, const std::vector<int32_t>& ids) : bpe_(bpe) {
    const auto count = static_cast<int32_t>(ids.size());
    for (int32_t i = 0; i < count; ++i) {
      symbols_.push_back({ids[static_cast<size_t>(i)], i - 1, i + 1 < count ? i + 1 : kNone});
    }
    for (int32_t i = 0; i < count; ++i) queue_pair(i);
  }

  std::vector<int32_t> merged() {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (is_current(best)) join(best);
    }
    std::vector<int32_t> ids;
    for (const Symbol& symbol : symbols_) {
      if (symbol.id != kNone) ids.push_back(symbol.id);
    }
    return ids;
  }

 private:
  static constexpr int32_t kNone = -1;
  struct Symbol {
    int32_t id, previous, next;  // id kNone: joined to the one before it
  };
  struct Candidate {
    int32_t rank, at, id;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };

  Symbol& symbol(int32_t at) { return symbols_[static_cast<size_t>(at)]; }

  const Merge* pair_at(int32_t at) {
    const Symbol& left = symbol(at);
    if (left.id == kNone || left.next == kNone) return nullptr;
    return bpe_.merge_of(left.id, symbol(left.next).id);
  }

  void queue_pair(int32_t at) {
    const Merge* merge = pair_at(at);
    if (merge != nullptr) queue_.push({merge->rank, at, merge->id});
  }

  bool is_current(const Candidate& candidate) {
    const Merge* merge = pair_at(candidate.at);
    return merge != nullptr && merge->id == candidate.id;
  }

  void join(const Candidate& pair) {
    Symbol& left = symbol(pair.at);
    Symbol& right = symbol(left.next);
    left.id = pair.id;
    left.next = right.next;
    right.id = kNone;
    if (left.next != kNone) symbol(left.next).previous = pair.at;
    if (left.previous != kNone) queue_pair(left.previous);
    queue_pair(pair.at);
  }

  const ByteBpe& bpe_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue_;
};

ByteBpe::ByteBpe(const ByteBpeTables& tables, const std::string& where)
    : added_(tables.added),
      is_unknown_fused_(tables.is_unknown_fused),
      add_prefix_space_(tables.add_prefix_space),
      cache_(std::make_unique<Cache>()) {
  std::unordered_map<std::string, int64_t> all = tables.vocabulary;
  for (const AddedToken& token : added_) all.emplace(token.content, token.id);
  const auto id = [&](const std::string& token, const char* what) {
    const auto found = all.find(token);
    DMF_CHECK(found != all.end(), DataError, "{}: {} `{}` is not in the vocabulary of {} tokens", where, what,
              token, all.size());
    return found->second;
  };
  start_ = id(tables.start, "the start token");
  end_ = id(tables.end, "the end token");
  if (tables.unknown) unknown_ = static_cast<int32_t>(id(*tables.unknown, "the unknown token"));
  for (const auto& [token, number] : all) size_ = std::max(size_, number + 1);
  for (size_t byte = 0; byte < 256; ++byte) {
    const auto found = tables.vocabulary.find(byte_characters()[byte]);
    id_of_byte_[byte] = found == tables.vocabulary.end() ? -1 : static_cast<int32_t>(found->second);
  }
  int32_t rank = 0;
  for (const auto& [left, right] : tables.merges) {
    const auto pair = key_of_pair(static_cast<int32_t>(id(left, "a merge's token")),
                                  static_cast<int32_t>(id(right, "a merge's token")));
    merges_[pair] = {rank++, static_cast<int32_t>(id(left + right, "a merge's result"))};
  }
}

ByteBpe::~ByteBpe() = default;

const ByteBpe::Merge* ByteBpe::merge_of(int32_t left, int32_t right) const {
  const auto found = merges_.find(key_of_pair(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::vector<int32_t> ByteBpe::symbols_of(std::string_view word) const {
  std::vector<int32_t> symbols;
  bool was_unknown = false;
  for (const char byte : word) {
    const int32_t id = id_of_byte_[static_cast<unsigned char>(byte)];
    if (id >= 0) {
      symbols.push_back(id);
    } else if (unknown_ && !(was_unknown && is_unknown_fused_)) {
      symbols.push_back(*unknown_);
    }
    was_unknown = id < 0;
  }
  return symbols;
}

void ByteBpe::append_word(std::string_view word, std::vector<int64_t>& ids) const {
  if (cache_->find(word, ids)) return;
  const std::vector<int32_t> merged = WordMerger(*this, symbols_of(word)).merged();
  ids.insert(ids.end(), merged.begin(), merged.end());
  cache_->add(word, merged);
}

void ByteBpe::append_part(std::string_view part, std::vector<int64_t>& ids) const {
  if (part.empty()) return;
  if (!add_prefix_space_ || part.starts_with(' ')) {
    for (const std::string_view word : gpt2_words(part)) append_word(word, ids);
    return;
  }
  const std::string spaced = " " + std::string(part);
  for (const std::string_view word : gpt2_words(spaced)) append_word(word, ids);
}

std::vector<int64_t> ByteBpe::encode(std::string_view text, size_t max_length) const {
  DMF_CHECK(max_length >= 2, InvalidArgument,
            "[ByteBpe::encode] max_length: expected at least 2, for the start and end tokens, got {}",
            max_length);
  std::vector<int64_t> ids = {start_};
  for_each_part(well_formed(text), added_, [&](std::string_view part, const AddedToken* token) {
    append_part(part, ids);
    if (token != nullptr) ids.push_back(token->id);
  });
  ids.resize(std::min(ids.size(), max_length - 1));
  ids.push_back(end_);
  return ids;
}

}  // namespace dmf::text
