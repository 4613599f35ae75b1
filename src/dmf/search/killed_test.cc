// A process that is killed at any call that changes a file of its gallery.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "dmf/core/error.h"
#include "dmf/search/exact.h"
#include "dmf/search/testing_gallery.h"
#include "support/temporary_folder.h"

namespace {

/// Calls of this process that changed files, and the one at which it kills itself.
std::atomic<int64_t> g_calls{0};
std::atomic<int64_t> g_last_call{-1};

bool is_last_call() { return g_calls++ == g_last_call; }
void die() { ::raise(SIGKILL); }

}  // namespace

// In the place of libc's, for the whole test program and for SQLite: a power cut in the middle of the call.
extern "C" ssize_t write(int file, const void* bytes, size_t count) {
  if (file > 2 && is_last_call()) {
    ::syscall(SYS_write, file, bytes, count / 2);
    die();
  }
  return ::syscall(SYS_write, file, bytes, count);
}
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t count, off64_t at) {
  if (is_last_call()) {
    ::syscall(SYS_pwrite64, file, bytes, count / 2, at);
    die();
  }
  return ::syscall(SYS_pwrite64, file, bytes, count, at);
}
extern "C" ssize_t pwrite(int file, const void* bytes, size_t count, off_t at) {
  return pwrite64(file, bytes, count, at);
}
extern "C" int ftruncate64(int file, off64_t size) noexcept {
  if (is_last_call()) die();
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
extern "C" int ftruncate(int file, off_t size) noexcept { return ftruncate64(file, size); }
extern "C" int unlink(const char* path) noexcept {
  if (is_last_call()) die();
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
extern "C" int remove(const char* path) noexcept {
  if (is_last_call()) die();
  const auto flag = ::syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  return static_cast<int>(flag == 0 ? 0 : ::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}
extern "C" int fsync(int) {
  if (is_last_call()) die();
  return 0;  // what a killed process wrote outlives it anyway
}
extern "C" int fdatasync(int) {
  if (is_last_call()) die();
  return 0;
}

namespace dmf::search {
namespace {

using namespace testing_gallery;
using testing::AnyOf;
using testing::IsEmpty;

class KilledGallery : public testing::Test {
 protected:
  void SetUp() override {
    GalleryWriter other(folder_ / "other", kKind);
    add(other, numbers(50, 60));
  }

  /// A writer's day; `done` is called behind each operation, with the gallery as it is then.
  void work(const std::filesystem::path& folder, const std::function<void(const Gallery&)>& done) const {
    GalleryWriter writer(folder, kKind, {.segment_bytes = 200, .block_rows = 4});
    const Gallery& gallery = writer.gallery();
    const Gallery other(folder_ / "other");
    done(gallery);
    add(writer, numbers(1, 7));
    done(gallery);
    add(writer, numbers(5, 12));
    done(gallery);
    writer.remove({1, 9});
    done(gallery);
    writer.update({2, 3}, {.identity = "ann", .add_tags = {"found"}});
    done(gallery);
    writer.merge(other);
    done(gallery);
    writer.compact();
    done(gallery);
    add(writer, {70, 71});
    done(gallery);
    writer.remove({2, 3, 20});
    done(gallery);
    writer.compact();
    done(gallery);
  }

  /// A process that works and kills itself at a call that changes a file.
  /// @return how many operations it said were done; nothing where it came to its end
  std::optional<size_t> work_until(int64_t calls) const {
    int ends[2];
    if (::pipe(ends) != 0) throw Error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
      const int64_t before = g_calls;
      g_last_call = before + calls;
      work(path(), [&](const Gallery&) { ::syscall(SYS_write, ends[1], "x", 1); });
      ::_exit(0);
    }
    ::close(ends[1]);
    size_t done = 0;
    char byte;
    while (::read(ends[0], &byte, 1) == 1) ++done;
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return done;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
    return std::nullopt;
  }

  std::filesystem::path path() const { return folder_ / "gallery"; }

  test::TemporaryFolder folder_;
};

TEST_F(KilledGallery, LosesNothingThatItSaidWasDone) {
  std::vector<std::string> states;
  work(folder_ / "whole", [&](const Gallery& gallery) { states.push_back(describe(gallery)); });
  int64_t kills = 0;
  // Each of the first ones (it is being made), then each third: three times as quick, and every kind is among
  // them.
  for (int64_t calls = 0;; calls += calls < 40 ? 1 : 3) {
    const std::optional<size_t> done = work_until(calls);
    if (!done) break;
    ++kills;
    {
      const GalleryWriter writer(path(), kKind);
      const std::string state = describe(writer.gallery());
      const std::string& before = *done == 0 ? states[0] : states[*done - 1];
      const std::string& after = states[std::min(*done, states.size() - 1)];
      EXPECT_THAT(state, AnyOf(before, after)) << "after " << *done << " operations";
      EXPECT_THAT(writer.gallery().verify(), IsEmpty());
      const auto segments = std::distance(std::filesystem::directory_iterator(path() / "segments"), {});
      EXPECT_EQ(segments, writer.gallery().statistics().segments) << "nothing is left behind";
    }
    {
      GalleryWriter writer(path(), kKind);
      const int64_t count = writer.gallery().count();
      add(writer, {100});
      EXPECT_EQ(writer.gallery().snapshot()->count(), count + 1) << "it goes on";
    }
    if (HasFailure()) FAIL() << "killed at call " << calls;
    std::filesystem::remove_all(path());
  }
  EXPECT_GT(kills, 100);
  RecordProperty("kills", static_cast<int>(kills));
}

}  // namespace
}  // namespace dmf::search
