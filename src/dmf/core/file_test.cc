#include "dmf/core/file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "dmf/core/error.h"
#include "support/temporary_folder.h"

namespace dmf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

size_t files_in(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const test::TemporaryFolder folder;
  {
    AtomicFile file(folder / "a.txt");
    file.write("half");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.txt"));
  }
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, ReplacesTheWholeContentAtCommit) {
  const test::TemporaryFolder folder;
  const auto path = folder / "deep/er/a.txt";
  write_text(path, "a long first text");
  AtomicFile file(path);
  file.write("sec");
  file.write("ond");
  EXPECT_EQ(read_text(path), "a long first text");
  file.commit();
  EXPECT_EQ(read_text(path), "second");
  EXPECT_EQ(files_in(path.parent_path()), 1U);
}

TEST(AtomicFile, ALinkStaysAndADeviceIsWrittenTo) {
  const test::TemporaryFolder folder;
  write_text(folder / "real/a.txt", "old");
  std::filesystem::create_symlink(folder / "real/a.txt", folder / "link");
  write_text(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "real/a.txt"), "new");
  EXPECT_EQ(files_in(folder / "real"), 1U);
  // By links: a mistake here must not replace the device itself.
  std::filesystem::create_symlink("/dev/null", folder / "null");
  write_text(folder / "null", "gone");
  EXPECT_TRUE(std::filesystem::is_character_file(folder / "null"));
  std::filesystem::create_symlink("/dev/full", folder / "full");
  EXPECT_THAT([&] { write_text(folder / "full", "x"); },
              ThrowsMessage<DataError>(HasSubstr("full: cannot write: No space left on device")));
  EXPECT_TRUE(std::filesystem::is_character_file(folder / "full"));
}

TEST(AtomicFile, NamesTheFileAndTheReasonWhenItCannotWrite) {
  const test::TemporaryFolder folder;
  write_text(folder / "plain", "x");
  const auto below_a_file = folder / "plain/a.txt";
  EXPECT_THAT(
      [&] { AtomicFile file(below_a_file); },
      ThrowsMessage<DataError>(AllOf(HasSubstr(below_a_file.string()), HasSubstr("Not a directory"))));
  std::filesystem::create_directories(folder / "folder/inside");
  EXPECT_THAT([&] { write_text(folder / "folder", "x"); },
              ThrowsMessage<DataError>(HasSubstr("cannot finish writing")));
  EXPECT_EQ(files_in(folder.path()), 2U);
}

TEST(AtomicFile, KeepsTheOldFileWhenThereIsNoRoomForTheNewOne) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.bin";
  write_text(path, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto writing = [&] { write_text(path, std::string(10'000, 'x')); };
  EXPECT_THAT(writing, ThrowsMessage<DataError>(
                           AllOf(HasSubstr(path.string()), HasSubstr("cannot write: File too large"))));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, PartsOfKilledProcessesAreRemoved) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.txt.part12", "b.part7", "a.txt", "c.party", "d.part"})
    write_text(folder / name, "x");
  EXPECT_EQ(remove_parts(folder.path()), 2);
  EXPECT_EQ(files_in(folder.path()), 3U);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.txt.part12"));
  EXPECT_EQ(remove_parts(folder / "absent"), 0);
}

TEST(MappedFile, GivesTheBytesOfAFileAlsoOfAnEmptyOne) {
  const test::TemporaryFolder folder;
  write_text(folder / "a", std::string_view("a\0b", 3));
  EXPECT_EQ(MappedFile(folder / "a").text(), std::string_view("a\0b", 3));
  EXPECT_EQ(MappedFile(folder / "a").bytes().size(), 3U);
  write_text(folder / "empty", "");
  EXPECT_TRUE(MappedFile(folder / "empty").text().empty());
}

TEST(MappedFile, NamesTheFileThatIsNotThere) {
  const test::TemporaryFolder folder;
  EXPECT_THAT([&] { MappedFile file(folder / "absent"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("absent"), HasSubstr("No such file"))));
  EXPECT_THAT([&] { MappedFile file(folder.path()); },
              ThrowsMessage<DataError>(HasSubstr("not a regular file")));
}

TEST(Sha256, GivesTheKnownDigests) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().add("a").add("bc").hex(), sha256("abc"));
  EXPECT_EQ(fingerprint("abc"), "ba7816bf8f01cfea");
}

}  // namespace
}  // namespace dmf
