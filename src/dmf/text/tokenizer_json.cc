#include "dmf/text/tokenizer_json.h"

#include <initializer_list>
#include <nlohmann/json.hpp>

#include "dmf/core/error.h"

namespace dmf::text {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMostTokens = 1 << 24;

Json parsed(const std::string& text, const std::string& where) {
  Json value = Json::parse(text, nullptr, false);
  DMF_CHECK(value.is_object(), DataError, "{}: not a JSON object", where);
  return value;
}

/// What stands under `key`; null where nothing does.
Json part_of(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : Json();
}

/// The `type` of a part of the pipeline: "BPE", "ByteLevel"; "none" where there is no such part.
std::string type_of(const Json& part) {
  if (part.is_null()) return "none";
  const Json type = part_of(part, "type");
  return type.is_string() ? type.get<std::string>() : "of unknown type";
}

void expect_type(const Json& part, const char* name, const std::string& expected, const std::string& where) {
  const std::string got = type_of(part);
  DMF_CHECK(got == expected, DataError, "{}: `{}`: expected {}, got {}", where, name, expected, got);
}

/// Refuses a setting that the tokeniser does not have. A missing one counts as null.
void expect_one_of(const Json& part, const char* key, std::initializer_list<Json> allowed,
                   const std::string& where) {
  const Json got = part_of(part, key);
  for (const Json& value : allowed) {
    if (got == value) return;
  }
  throw DataError(fmt::format("{}: `{}` is {}, which this tokeniser does not do; it reads {}", where, key,
                              got.dump(), allowed.begin()->dump()));
}

bool flag_of(const Json& part, const char* key, const std::string& where) {
  const Json value = part_of(part, key);
  DMF_CHECK(value.is_null() || value.is_boolean(), DataError, "{}: `{}`: expected true or false, got {}",
            where, key, value.dump());
  return value.is_boolean() && value.get<bool>();
}

std::unordered_map<std::string, int64_t> vocabulary_of(const Json& vocabulary, const std::string& where) {
  DMF_CHECK(vocabulary.is_object() && !vocabulary.empty(), DataError,
            "{}: the vocabulary must be an object {{\"token\": id}}", where);
  std::unordered_map<std::string, int64_t> ids;
  for (const auto& [token, id] : vocabulary.items()) {
    DMF_CHECK(id.is_number_integer() && id >= 0 && id < kMostTokens, DataError,
              "{}: vocabulary: the id of `{}` must be 0 … {}, got {}", where, token, kMostTokens - 1,
              id.dump());
    ids[token] = id.get<int64_t>();
  }
  return ids;
}

/// "left right"
std::pair<std::string, std::string> merge_of_line(const std::string& line, const std::string& where) {
  const size_t space = line.find(' ');
  const bool has_two = space != std::string::npos && space > 0 && space + 1 < line.size() &&
                       line.find(' ', space + 1) == std::string::npos;
  DMF_CHECK(has_two, DataError, "{}: expected two tokens with a space between, got `{}`", where, line);
  return {line.substr(0, space), line.substr(space + 1)};
}

/// Merges as ["left", "right"] or, in older files, "left right".
std::vector<std::pair<std::string, std::string>> merges_of(const Json& merges, const std::string& where) {
  DMF_CHECK(merges.is_array(), DataError, "{}: `merges` must be a list", where);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Json& merge : merges) {
    const std::string place = fmt::format("{}: merge {}", where, pairs.size());
    if (merge.is_string()) {
      pairs.push_back(merge_of_line(merge.get<std::string>(), place));
      continue;
    }
    const bool is_pair =
        merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    DMF_CHECK(is_pair, DataError, "{}: expected two tokens, got {}", place, merge.dump());
    pairs.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
  }
  return pairs;
}

std::vector<AddedToken> added_tokens_of(const Json& list, const std::string& where) {
  std::vector<AddedToken> tokens;
  if (list.is_null()) return tokens;
  DMF_CHECK(list.is_array(), DataError, "{}: `added_tokens` must be a list", where);
  for (const Json& entry : list) {
    const Json content = part_of(entry, "content"), id = part_of(entry, "id");
    const bool is_token = content.is_string() && !content.get<std::string>().empty() &&
                          id.is_number_integer() && id >= 0 && id < kMostTokens;
    DMF_CHECK(is_token, DataError, "{}: `added_tokens`: expected a content and an id of 0 … {}, got {}",
              where, kMostTokens - 1, entry.dump());
    expect_one_of(entry, "single_word", {false, nullptr}, where);
    tokens.push_back({content.get<std::string>(), id.get<int64_t>(), flag_of(entry, "lstrip", where),
                      flag_of(entry, "rstrip", where)});
  }
  return tokens;
}

/// The name in [name, id] of RobertaProcessing's `cls` and `sep`.
std::string name_of_pair(const Json& pair, const char* key, const std::string& where) {
  DMF_CHECK(pair.is_array() && !pair.empty() && pair[0].is_string(), DataError,
            "{}: `post_processor.{}`: expected [token, id], got {}", where, key, pair.dump());
  return pair[0].get<std::string>();
}

/// The two tokens of a template `start $A end`.
std::pair<std::string, std::string> ends_of_template(const Json& single, const std::string& where) {
  const auto special = [](const Json& item) { return part_of(part_of(item, "SpecialToken"), "id"); };
  const bool fits = single.is_array() && single.size() == 3 && special(single[0]).is_string() &&
                    single[1].contains("Sequence") && special(single[2]).is_string();
  DMF_CHECK(fits, DataError, "{}: `post_processor.single`: expected a start token, the text, an end token",
            where);
  return {special(single[0]).get<std::string>(), special(single[2]).get<std::string>()};
}

std::pair<std::string, std::string> ends_of(const Json& processor, const std::string& where) {
  const std::string type = type_of(processor);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    return {name_of_pair(part_of(processor, "cls"), "cls", where),
            name_of_pair(part_of(processor, "sep"), "sep", where)};
  }
  if (type == "TemplateProcessing") return ends_of_template(part_of(processor, "single"), where);
  throw DataError(
      fmt::format("{}: `post_processor`: expected RobertaProcessing or TemplateProcessing, which "
                  "put tokens around a text, got {}",
                  where, type));
}

void expect_model(const Json& model, const std::string& expected, const std::string& where) {
  const std::string got = type_of(model);
  DMF_CHECK(
      got == expected, DataError,
      "{}: a tokeniser of kind {}, expected {}; hint: the encoder's config.json and its tokeniser do not "
      "belong together",
      where, got, expected);
}

}  // namespace

ByteBpeTables byte_bpe_of_json(const std::string& json, const std::string& where) {
  const Json root = parsed(json, where);
  const Json model = part_of(root, "model");
  expect_model(model, "BPE", where);
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    expect_one_of(model, key, {nullptr, ""}, where);
  }
  expect_one_of(model, "dropout", {nullptr, 0.0}, where);
  for (const char* key : {"byte_fallback", "ignore_merges"})
    expect_one_of(model, key, {false, nullptr}, where);
  expect_type(part_of(root, "normalizer"), "normalizer", "none", where);
  const Json words = part_of(root, "pre_tokenizer");
  expect_type(words, "pre_tokenizer", "ByteLevel", where);
  expect_one_of(words, "use_regex", {true, nullptr}, where);

  ByteBpeTables tables;
  tables.vocabulary = vocabulary_of(part_of(model, "vocab"), where);
  tables.merges = merges_of(part_of(model, "merges"), where);
  tables.added = added_tokens_of(part_of(root, "added_tokens"), where);
  std::tie(tables.start, tables.end) = ends_of(part_of(root, "post_processor"), where);
  const Json unknown = part_of(model, "unk_token");
  if (unknown.is_string()) tables.unknown = unknown.get<std::string>();
  tables.is_unknown_fused = flag_of(model, "fuse_unk", where);
  tables.add_prefix_space = flag_of(words, "add_prefix_space", where);
  return tables;
}

ByteBpeTables byte_bpe_of_files(const std::string& vocabulary, const std::string& merges,
                                const std::string& where) {
  ByteBpeTables tables;
  tables.vocabulary = vocabulary_of(parsed(vocabulary, where + "/vocab.json"), where + "/vocab.json");
  int64_t number = 0;
  for (size_t begin = 0; begin < merges.size();) {
    const size_t end = std::min(merges.find('\n', begin), merges.size());
    std::string line = merges.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    begin = end + 1;
    ++number;
    if (line.empty() || line.starts_with("#version")) continue;
    tables.merges.push_back(merge_of_line(line, fmt::format("{}/merges.txt, line {}", where, number)));
  }
  for (const char* token : {"<s>", "<pad>", "</s>", "<unk>", "<mask>"}) {
    const auto found = tables.vocabulary.find(token);
    if (found == tables.vocabulary.end()) continue;
    tables.added.push_back({token, found->second, /*takes_left_space=*/found->first == "<mask>"});
  }
  return tables;
}

std::vector<std::string> wordpiece_of_json(const std::string& json, const std::string& where) {
  const Json root = parsed(json, where);
  const Json model = part_of(root, "model");
  expect_model(model, "WordPiece", where);
  expect_one_of(model, "unk_token", {"[UNK]"}, where);
  expect_one_of(model, "continuing_subword_prefix", {"##"}, where);
  expect_one_of(model, "max_input_chars_per_word", {100}, where);
  const Json normalizer = part_of(root, "normalizer");
  expect_type(normalizer, "normalizer", "BertNormalizer", where);
  for (const char* key : {"lowercase", "clean_text", "handle_chinese_chars"})
    expect_one_of(normalizer, key, {true}, where);
  expect_one_of(normalizer, "strip_accents", {nullptr, true}, where);
  expect_type(part_of(root, "pre_tokenizer"), "pre_tokenizer", "BertPreTokenizer", where);

  const auto ids = vocabulary_of(part_of(model, "vocab"), where);
  std::vector<std::string> tokens(ids.size());
  for (const auto& [token, id] : ids) {
    DMF_CHECK(id < static_cast<int64_t>(ids.size()) && tokens[static_cast<size_t>(id)].empty(), DataError,
              "{}: vocabulary: `{}` has id {}, which is beyond its {} tokens or given twice", where, token,
              id, ids.size());
    tokens[static_cast<size_t>(id)] = token;
  }
  return tokens;
}

bool flag_of_config(const TokenizerFiles& files, const std::string& key, bool standard,
                    const std::string& where) {
  const auto found = files.find("tokenizer_config.json");
  if (found == files.end()) return standard;
  const std::string place = where + "/tokenizer_config.json";
  const Json config = parsed(found->second, place);
  return part_of(config, key.c_str()).is_null() ? standard : flag_of(config, key.c_str(), place);
}

}  // namespace dmf::text
