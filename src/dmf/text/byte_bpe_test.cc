#include "dmf/text/byte_bpe.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "dmf/core/random.h"
#include "dmf/text/byte_level.h"
#include "dmf/text/testing_utf8.h"
#include "dmf/text/tokenizer_json.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t kAll = 100000;

std::string golden_text(const std::string& name) { return read_text(test::golden() / "text" / name); }

std::shared_ptr<const Tokenizer> tokenizer_of(const nlohmann::json& file) {
  return make_tokenizer(TokenizerKind::kByteBpe, {{"tokenizer.json", file.dump()}}, "made");
}

nlohmann::json golden_file() { return nlohmann::json::parse(golden_text("tokenizer.json")); }

std::shared_ptr<const Tokenizer> golden_tokenizer(bool add_prefix_space = false) {
  nlohmann::json file = golden_file();
  file["pre_tokenizer"]["add_prefix_space"] = add_prefix_space;
  return tokenizer_of(file);
}

/// Small enough to work results out by hand: ids 0 <s>, 1 </s>, 2 a, 3 b, 4 c, 5 Ġ, 6 ab, 7 bc, 8 Ġab, 9 abc.
ByteBpeTables small_tables() {
  ByteBpeTables tables;
  int64_t id = 0;
  for (const char* token : {"<s>", "</s>", "a", "b", "c", "Ġ", "ab", "bc", "Ġab", "abc"})
    tables.vocabulary[token] = id++;
  tables.merges = {{"b", "c"}, {"a", "b"}, {"Ġ", "ab"}, {"a", "bc"}};
  return tables;
}

std::vector<int64_t> ids_of(const ByteBpeTables& tables, const std::string& text) {
  return ByteBpe(tables, "small").encode(text, kAll);
}

TEST(Gpt2Words, PartsATextAndKeepsItsSpaces) {
  EXPECT_THAT(gpt2_words("I'm  here"), ElementsAre("I", "'m", " ", " here"));
  EXPECT_THAT(gpt2_words("a1 22.. \t\n x"), ElementsAre("a", "1", " 22", "..", " \t\n", " x"));
  EXPECT_THAT(gpt2_words("a\tb  "), ElementsAre("a", "\t", "b", "  "));
  EXPECT_THAT(gpt2_words("we'LL they'll"), ElementsAre("we", "'", "LL", " they", "'ll"));
  EXPECT_THAT(gpt2_words(""), ElementsAre());
}

TEST(ByteBpe, JoinsThePairThatWasLearnedFirst) {
  EXPECT_THAT(ids_of(small_tables(), "abc"), ElementsAre(0, 9, 1)) << "b c before a b, then a bc";
  EXPECT_THAT(ids_of(small_tables(), "ab abb"), ElementsAre(0, 6, 8, 3, 1));
  EXPECT_THAT(ids_of(small_tables(), "aab"), ElementsAre(0, 2, 6, 1));
}

TEST(ByteBpe, BytesThatTheVocabularyLacksAreDroppedOrUnknown) {
  ByteBpeTables tables = small_tables();
  EXPECT_THAT(ids_of(tables, "axxb"), ElementsAre(0, 6, 1));
  tables.vocabulary["<unk>"] = 10;
  tables.unknown = "<unk>";
  EXPECT_THAT(ids_of(tables, "axxb"), ElementsAre(0, 2, 10, 10, 3, 1));
  tables.is_unknown_fused = true;
  EXPECT_THAT(ids_of(tables, "axxb"), ElementsAre(0, 2, 10, 3, 1));
}

TEST(ByteBpe, FindsAddedTokensWithTheirSpace) {
  ByteBpeTables tables = small_tables();
  tables.added = {{"<a>", 11, true, false}, {"<a>b", 12, false, true}};
  EXPECT_THAT(ids_of(tables, "c  <a> ab"), ElementsAre(0, 4, 11, 8, 1));
  EXPECT_THAT(ids_of(tables, "c <a>b  ab"), ElementsAre(0, 4, 5, 12, 6, 1)) << "the longest one is taken";
}

TEST(ByteBpe, CutsBeforeTheEndToken) {
  const ByteBpe tokenizer(small_tables(), "small");
  EXPECT_THAT(tokenizer.encode("a b c a", 4), ElementsAre(0, 2, 5, 1));
  EXPECT_THAT(tokenizer.encode("a", 2), ElementsAre(0, 1));
  EXPECT_EQ(tokenizer.size(), 10);
  EXPECT_THAT([&] { tokenizer.encode("a", 1); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("expected at least 2")));
}

/// A golden text: as it is, or the bytes of {"hex": …}.
std::string text_of(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  const auto digits = value["hex"].get<std::string>();
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

TEST(ByteBpeGolden, EqualsTokenizersOnOddSentencesAndMalformedBytes) {
  const auto plain = golden_tokenizer(), spaced = golden_tokenizer(true);
  std::istringstream lines(golden_text("byte_bpe.jsonl"));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    EXPECT_EQ(plain->encode(text_of(row[0]), kAll), row[1].get<std::vector<int64_t>>()) << line;
    EXPECT_EQ(spaced->encode(text_of(row[0]), kAll), row[2].get<std::vector<int64_t>>()) << line;
  }
  EXPECT_GE(count, 150);
}

std::string fingerprint_of(const std::vector<int64_t>& ids) {
  return sha256(fmt::format("{}", fmt::join(ids, " "))).substr(0, 8);
}

TEST(ByteBpeGolden, EqualsTokenizersOnManySentences) {
  const auto plain = golden_tokenizer(), spaced = golden_tokenizer(true);
  std::istringstream sentences(golden_text("wordpiece.jsonl")), expected(golden_text("byte_bpe.txt"));
  int count = 0;
  std::string of_plain, of_spaced;
  for (std::string line; std::getline(sentences, line); ++count) {
    const auto text = nlohmann::json::parse(line)[0].get<std::string>();
    ASSERT_TRUE(expected >> of_plain >> of_spaced);
    EXPECT_EQ(fingerprint_of(plain->encode(text, kAll)), of_plain) << line;
    EXPECT_EQ(fingerprint_of(spaced->encode(text, kAll)), of_spaced) << line;
  }
  EXPECT_GE(count, 2000);
}

TEST(ByteBpeGolden, EqualsTokenizersOnEveryCharacterOfItsBlocks) {
  const auto tokenizer = golden_tokenizer();
  std::istringstream blocks(golden_text("byte_bpe_characters.txt"));
  std::string expected;
  for (uint32_t first; blocks >> std::hex >> first >> expected;) {
    std::string ids;
    for (uint32_t code = first; code < first + 4096; ++code) {
      if (code >= 0xD800 && code < 0xE000) continue;
      const std::string x = utf8(code);
      const std::string text = fmt::format("a{0}b {0}\t{0}1{0}'s{0} {0}", x);
      ids += fmt::format("{}\n", fmt::join(tokenizer->encode(text, kAll), " "));
    }
    EXPECT_EQ(fingerprint(ids), expected) << "block " << std::hex << first;
  }
}

TEST(ByteBpe, ReadsVocabularyAndMergesFilesToo) {
  const nlohmann::json file = golden_file();
  const test::TemporaryFolder folder;
  nlohmann::json vocabulary = file["model"]["vocab"];
  vocabulary["<mask>"] = 1000;
  write_text(folder / "vocab.json", vocabulary.dump());
  std::string merges = "#version: 0.2\n";
  for (const auto& pair : file["model"]["merges"])
    merges += fmt::format("{} {}\n", pair[0].get<std::string>(), pair[1].get<std::string>());
  write_text(folder / "merges.txt", merges);
  const auto read = [&] {
    return make_tokenizer(TokenizerKind::kByteBpe,
                          read_tokenizer_files(TokenizerKind::kByteBpe, folder.path()), "folder");
  };
  const std::string text = "She's in a navy-blue coat,  <mask> 12 !\n";
  EXPECT_EQ(read()->encode(text, kAll), golden_tokenizer()->encode(text, kAll));
  write_text(folder / "tokenizer_config.json", R"({"add_prefix_space": true})");
  EXPECT_EQ(read()->encode(text, kAll), golden_tokenizer(true)->encode(text, kAll));
  write_text(folder / "merges.txt", merges + "a b c\n");
  EXPECT_THAT(read, testing::ThrowsMessage<DataError>(testing::AllOf(
                        HasSubstr("merges.txt, line "), HasSubstr("two tokens"), HasSubstr("`a b c`"))));
}

TEST(ByteBpe, ReadsMergesOfOlderFiles) {
  nlohmann::json file = golden_file();
  for (auto& pair : file["model"]["merges"]) {
    pair = pair[0].get<std::string>() + " " + pair[1].get<std::string>();
  }
  file["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single",
                             {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
                              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                              {{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}}}}};
  EXPECT_EQ(tokenizer_of(file)->encode("a red coat", kAll), golden_tokenizer()->encode("a red coat", kAll));
}

TEST(ByteBpe, RefusesWhatItDoesOtherwise) {
  const auto message = [](const std::function<void(nlohmann::json&)>& change) -> std::string {
    nlohmann::json file = golden_file();
    change(file);
    try {
      tokenizer_of(file);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no DataError";
  };
  EXPECT_THAT(message([](auto& file) { file["model"]["type"] = "Unigram"; }),
              testing::AllOf(HasSubstr("made/tokenizer.json"), HasSubstr("of kind Unigram, expected BPE")));
  EXPECT_THAT(message([](auto& file) {
                file["normalizer"] = {{"type", "NFC"}};
              }),
              HasSubstr("`normalizer`: expected none, got NFC"));
  EXPECT_THAT(message([](auto& file) { file["pre_tokenizer"]["type"] = "Metaspace"; }),
              HasSubstr("expected ByteLevel, got Metaspace"));
  EXPECT_THAT(message([](auto& file) { file["model"]["byte_fallback"] = true; }),
              HasSubstr("`byte_fallback` is true"));
  EXPECT_THAT(message([](auto& file) {
                file["model"]["merges"].push_back({"shirt", "qqq"});
              }),
              HasSubstr("`qqq` is not in the vocabulary"));
  EXPECT_THAT(message([](auto& file) {
                file["post_processor"]["cls"] = {"<cls>", 7};
              }),
              HasSubstr("start token `<cls>` is not in the vocabulary"));
  EXPECT_THAT(message([](auto& file) { file["post_processor"] = nullptr; }),
              HasSubstr("`post_processor`: expected RobertaProcessing"));
  EXPECT_THAT(message([](auto& file) { file["model"]["vocab"]["a"] = "x"; }), HasSubstr("the id of `a`"));
  EXPECT_THAT(message([](auto& file) { file = 3; }), HasSubstr("not a JSON object"));
  EXPECT_THAT(
      [] {
        make_tokenizer(TokenizerKind::kByteBpe, {{"vocab.txt", ""}}, "here");
      },
      testing::ThrowsMessage<DataError>(HasSubstr("here: no tokeniser: expected tokenizer.json, or")));
}

TEST(ByteBpe, RandomBytesGiveIdsInRange) {
  const auto tokenizer = golden_tokenizer();
  RandomStream random(1, "bytes");
  for (int i = 0; i < 2000; ++i) {
    std::string bytes;
    const int64_t length = random.integer(60);
    for (int64_t k = 0; k < length; ++k) bytes += static_cast<char>(random.integer(256));
    for (const int64_t id : tokenizer->encode(bytes, 512)) ASSERT_TRUE(id >= 0 && id < tokenizer->size());
  }
  EXPECT_EQ(tokenizer->encode(std::string(200000, 'a'), 512).size(), 512U)
      << "long words take no square time";
}

TEST(ByteBpe, BrokenFilesAreRefusedOrReadButNeverCrash) {
  const std::string whole = golden_text("tokenizer.json");
  RandomStream random(2, "broken");
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    std::string file = whole;
    const auto at = static_cast<size_t>(random.integer(static_cast<int64_t>(file.size())));
    if (i % 2 == 0) file.resize(at);
    if (i % 2 == 1) file[at] = static_cast<char>(random.integer(256));
    try {
      make_tokenizer(TokenizerKind::kByteBpe, {{"tokenizer.json", file}}, "broken")->encode("a red coat", 8);
    } catch (const DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr("broken/tokenizer.json"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 60);
}

TEST(WordPieceFiles, ReadsTokenizerJsonWhereThereIsNoVocabulary) {
  const nlohmann::json vocabulary = {{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}, {"red", 3}, {"##s", 4}};
  nlohmann::json file = {{"model",
                          {{"type", "WordPiece"},
                           {"unk_token", "[UNK]"},
                           {"continuing_subword_prefix", "##"},
                           {"max_input_chars_per_word", 100},
                           {"vocab", vocabulary}}},
                         {"normalizer",
                          {{"type", "BertNormalizer"},
                           {"lowercase", true},
                           {"clean_text", true},
                           {"handle_chinese_chars", true},
                           {"strip_accents", nullptr}}},
                         {"pre_tokenizer", {{"type", "BertPreTokenizer"}}}};
  const auto make = [&](const std::string& settings = "{}") {
    return make_tokenizer(TokenizerKind::kWordPiece,
                          {{"tokenizer.json", file.dump()}, {"tokenizer_config.json", settings}}, "made");
  };
  EXPECT_THAT(make()->encode("Reds red x", 20), ElementsAre(1, 3, 4, 3, 0, 2));
  EXPECT_THAT([&] { make(R"({"do_lower_case": false})"); },
              testing::ThrowsMessage<DataError>(HasSubstr("a cased vocabulary")));
  file["model"]["vocab"]["##s"] = 3;
  EXPECT_THAT(make, testing::ThrowsMessage<DataError>(HasSubstr("given twice")));
  file["normalizer"]["lowercase"] = false;
  EXPECT_THAT(make, testing::ThrowsMessage<DataError>(HasSubstr("`lowercase` is false")));
  file["model"]["type"] = "BPE";
  EXPECT_THAT(make, testing::ThrowsMessage<DataError>(HasSubstr("of kind BPE, expected WordPiece")));
}

}  // namespace
}  // namespace dmf::text
