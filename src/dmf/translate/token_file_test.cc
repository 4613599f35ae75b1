#include "dmf/translate/token_file.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <numeric>

#include "dmf/core/error.h"
#include "dmf/translate/token_file_writer.h"
#include "support/temporary_folder.h"

namespace dmf::translate {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Five rows of 1000 bytes in chunks of two.
TokenLayout small_layout() {
  TokenLayout layout;
  layout.key = {{"images", "abc"}};
  layout.rows = 5;
  layout.row_bytes = 1000;
  layout.chunk_rows = 2;
  return layout;
}

std::vector<std::byte> chunk_of(const TokenLayout& layout, int64_t chunk) {
  std::vector<std::byte> bytes(static_cast<size_t>(layout.chunk_bytes(chunk)));
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>((i * 7 + chunk * 31 + i / 1000) % 251);
  return bytes;
}

void write_all(const fs::path& path, const TokenLayout& layout) {
  TokenFileWriter writer(path, layout);
  for (int64_t chunk = 0; chunk < layout.chunks(); ++chunk) writer.write(chunk, chunk_of(layout, chunk));
  writer.commit();
}

void flip_byte(const fs::path& path, int64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(offset);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(offset);
  file.put(byte);
}

/// Runs `work` in a process of its own that is killed when it ends, as kill -9 would.
template <class Work>
void in_killed_process(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
}

TEST(TokenLayout, CountsChunksAndBytes) {
  const TokenLayout layout = small_layout();
  EXPECT_EQ(layout.chunks(), 3);
  EXPECT_EQ(layout.chunk_bytes(1), 2000);
  EXPECT_EQ(layout.chunk_bytes(2), 1000);
  EXPECT_EQ(layout.payload_offset(), 4096);
  EXPECT_EQ(layout.file_bytes(), 4096 + 5000);
  EXPECT_EQ(layout.chunk_offset(2), 4096 + 4000);
}

TEST(TokenFile, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  const TokenLayout layout = small_layout();
  write_all(folder / "deep/down.tokens", layout);
  const TokenFile file(folder / "deep/down.tokens", layout);
  const std::vector<std::byte> chunk = chunk_of(layout, 1);
  EXPECT_TRUE(std::ranges::equal(file.row(3), std::span(chunk).subspan(1000)));
  file.release(3);
  EXPECT_TRUE(std::ranges::equal(file.row(3), std::span(chunk).subspan(1000)))
      << "released rows can be read again";
  EXPECT_NO_THROW(file.verify_all());
  EXPECT_FALSE(fs::exists(folder / "deep/down.tokens.part"));
}

TEST(TokenFile, RefusesBrokenFiles) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "a.tokens";
  const TokenLayout layout = small_layout();
  const auto open = [&] { TokenFile(path, layout); };
  EXPECT_THROW(open(), DataError);
  write_all(path, layout);
  flip_byte(path, layout.chunk_offset(1) + 1234);
  EXPECT_THAT(open, ThrowsMessage<DataError>(AllOf(HasSubstr("a.tokens"), HasSubstr("at offset 6096"))));
  flip_byte(path, layout.chunk_offset(1) + 1234);
  EXPECT_NO_THROW(open());
  TokenLayout other = layout;
  other.key["images"] = "abd";
  EXPECT_THAT([&] { TokenFile(path, other); }, ThrowsMessage<DataError>(HasSubstr("of another store")));
  fs::resize_file(path, 7000);
  EXPECT_THAT(open, ThrowsMessage<DataError>(HasSubstr("expected 9096 bytes, got 7000")));
}

TEST(TokenFileWriter, GoesOnAfterAKill) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "a.tokens";
  const TokenLayout layout = small_layout();
  in_killed_process([&] {
    TokenFileWriter writer(path, layout);
    writer.write(0, chunk_of(layout, 0));
    writer.write(2, chunk_of(layout, 2));
  });
  EXPECT_FALSE(fs::exists(path)) << "nothing half-written has the final name";
  {
    TokenFileWriter writer(path, layout);
    EXPECT_TRUE(writer.has(0));
    EXPECT_FALSE(writer.has(1));
    EXPECT_TRUE(writer.has(2));
  }
  flip_byte(path.string() + ".part", layout.chunk_offset(2));
  TokenFileWriter writer(path, layout);
  EXPECT_FALSE(writer.has(2)) << "a torn chunk is written again";
  writer.write(1, chunk_of(layout, 1));
  EXPECT_THROW(writer.commit(), Error);
  writer.write(2, chunk_of(layout, 2));
  writer.commit();
  EXPECT_NO_THROW(TokenFile(path, layout).verify_all());
}

TEST(TokenFileWriter, APartOfAnotherStoreIsNotUsed) {
  const test::TemporaryFolder folder;
  const TokenLayout layout = small_layout();
  { TokenFileWriter(folder / "a.tokens", layout).write(0, chunk_of(layout, 0)); }
  TokenLayout other = layout;
  other.key["images"] = "abd";
  EXPECT_FALSE(TokenFileWriter(folder / "a.tokens", other).has(0));
}

TEST(TokenFileWriter, WaitsForAnotherProcess) {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "a.tokens";
  const TokenLayout layout = small_layout();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    TokenFileWriter writer(path, layout);
    (void)!::write(ready[1], "x", 1);
    for (int64_t chunk = 0; chunk < layout.chunks(); ++chunk) writer.write(chunk, chunk_of(layout, chunk));
    ::usleep(200'000);
    writer.commit();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  TokenFileWriter writer(path, layout);
  EXPECT_TRUE(writer.is_finished());
  EXPECT_TRUE(fs::exists(path));
  ::waitpid(child, nullptr, 0);
}

TEST(TokenFileWriter, AnotherJoinsAndTheOneThatOpenedCommits) {
  const test::TemporaryFolder folder;
  const TokenLayout layout = small_layout();
  const fs::path path = folder / "a.tokens";
  EXPECT_THROW(TokenFileWriter(path, layout, TokenFileWriter::Role::kJoins), DataError) << "nothing to join";
  TokenFileWriter first(path, layout);
  first.leave_mark(7);
  EXPECT_TRUE(TokenFileWriter::has_mark(path, 7));
  EXPECT_FALSE(TokenFileWriter::has_mark(path, 8));
  EXPECT_FALSE(TokenFileWriter::has_mark(folder / "b.tokens", 7));
  TokenLayout other = layout;
  other.key["images"] = "others";
  EXPECT_THROW(TokenFileWriter(path, other, TokenFileWriter::Role::kJoins), DataError);
  TokenFileWriter second(path, layout, TokenFileWriter::Role::kJoins);
  for (int64_t chunk = 0; chunk + 1 < layout.chunks(); ++chunk)
    (chunk % 2 == 0 ? first : second).write(chunk, chunk_of(layout, chunk));
  EXPECT_THAT([&] { first.commit(); }, ThrowsMessage<DataError>(HasSubstr("was not written")));
  second.write(layout.chunks() - 1, chunk_of(layout, layout.chunks() - 1));
  second.flush();
  first.commit();
  TokenFile(path, layout).verify_all();
}

TEST(TokenFileWriter, SaysHowMuchSpaceIsNeeded) {
  const test::TemporaryFolder folder;
  TokenLayout layout = small_layout();
  layout.rows = 1000;
  layout.row_bytes = int64_t{1} << 40;
  layout.chunk_rows = 100;
  EXPECT_THAT([&] { TokenFileWriter(folder / "a.tokens", layout); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr(std::to_string(layout.file_bytes()) + " bytes"), HasSubstr("bytes free"))));
  EXPECT_FALSE(fs::exists(folder / "a.tokens.part"));
}

TEST(TokenFileWriter, NamesAFolderThatCannotBeWritten) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "not a folder";
  EXPECT_THAT([&] { TokenFileWriter(folder / "file/sub/a.tokens", small_layout()); },
              ThrowsMessage<DataError>(HasSubstr("file/sub")));
}

TEST(ChunkChecksum, SeesEveryBit) {
  std::vector<std::byte> bytes(77);
  const uint64_t before = chunk_checksum(bytes);
  EXPECT_NE(before, 0U);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= std::byte{0x80};
    EXPECT_NE(chunk_checksum(bytes), before) << i;
    bytes[i] ^= std::byte{0x80};
  }
  EXPECT_NE(chunk_checksum(std::vector<std::byte>(78)), before) << "the length counts";
}

}  // namespace
}  // namespace dmf::translate
