#include "dmf/core/folder_lock.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A process that holds the folder's lock until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& folder) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    process_ = ::fork();
    if (process_ == 0) {
      const FolderLock lock(folder);
      [[maybe_unused]] const ssize_t told = ::write(ready[1], "x", 1);
      ::pause();
      ::_exit(0);
    }
    char byte;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Holder() { kill(); }
  void kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  pid_t process() const { return process_; }

 private:
  pid_t process_ = -1;
};

TEST(FolderLock, RefusesASecondProcessAndNamesTheFirst) {
  const test::TemporaryFolder folder;
  const std::filesystem::path run = folder / "runs/a";
  Holder first(run);
  char host[256] = {};
  ::gethostname(host, sizeof(host) - 1);
  EXPECT_THAT([&] { FolderLock second(run); },
              ThrowsMessage<InvalidArgument>(AllOf(
                  HasSubstr(run.string()),
                  HasSubstr("process " + std::to_string(first.process()) + " on host "), HasSubstr(host))));
  EXPECT_NO_THROW(FolderLock(folder / "runs/b")) << "another folder is free";
  first.kill();
  EXPECT_TRUE(std::filesystem::exists(run / "lock")) << "left by the dead process";
  EXPECT_NO_THROW(FolderLock{run});
}

TEST(FolderLock, IsFreeAgainBehindItsScope) {
  const test::TemporaryFolder folder;
  std::optional<FolderLock> lock(std::in_place, folder.path());
  EXPECT_THROW(FolderLock(folder.path()), InvalidArgument) << "also within one process";
  lock.reset();
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

TEST(FolderLock, SaysWhatItCannotWrite) {
  const test::TemporaryFolder folder;
  write_text(folder / "file", "x");
  EXPECT_THAT([&] { FolderLock lock(folder / "file/run"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("file/run/lock"), HasSubstr("Not a directory"))));
}

}  // namespace
}  // namespace dmf
